import type { BatchTally, JobMatch, JobView } from '../../src/simulated/batches/job-book.js';
import type { LoggedRequest } from '../../src/simulated/request-log.js';
import type { RequestMatch, Rule } from '../../src/simulated/rules.js';
import { stackAddresses } from './stack.js';

/** A request that reached the simulated provider, with the milliseconds since the epoch at which it did. */
export interface SeenRequest extends LoggedRequest {
  atMs: number;
}

/** What the simulated provider remembers of equal requests. */
export interface AskedBody {
  requests: number;
  answered: number;
  last: number;
  model: string;
  task: string;
}

/** A client of the simulated provider's control endpoints. Its rules hold for everyone: specs match by a marker of their own. */
export class SimulatedClient {
  constructor(readonly url: string) {}

  /** Adds rules, in force from now on. */
  rules(...rules: Rule[]): Promise<void> {
    return this.control({ rules });
  }

  /** Lets held requests go on, and holds no more of them. */
  release(match: RequestMatch): Promise<void> {
    return this.control({ release: match });
  }

  /** Lets requests held now go on; later ones are held again. */
  releaseOnce(match: RequestMatch): Promise<void> {
    return this.control({ release: { ...match, keepRules: true } });
  }

  /** Everything that matches, oldest first. */
  async requests(match: RequestMatch): Promise<SeenRequest[]> {
    const { requests } = (await this.get(`/requests?${query({ ...match, limit: '2000' })}`)) as { requests: LoggedRequest[] };
    return requests.map((request) => ({ ...request, atMs: Date.parse(request.receivedAt) }));
  }

  /** Waits until so many matching requests have come, are held, or have been answered. */
  async wait(wanted: { requests?: number; held?: number; answered?: number }, match: RequestMatch, timeoutMs = 60_000): Promise<void> {
    const counts = Object.fromEntries(Object.entries(wanted).map(([name, count]) => [name, String(count)]));
    await this.get(`/wait?${query({ ...match, ...counts, timeout: String(timeoutMs) })}`);
  }

  /** How every model answers from now on, such as `{ skill: 1 }`. */
  profile(defaults: { skill?: number; latencyMs?: number; tokensPerSecond?: number }): Promise<void> {
    return this.control({ defaults });
  }

  /** Milliseconds that batch jobs stay in each state at least, from the next job on; for everyone. */
  jobDelays(delays: { validating?: number; in_progress?: number; finalizing?: number; cancelling?: number }): Promise<void> {
    return this.control({ jobDelays: delays });
  }

  /** Batch jobs at the provider, oldest first: each one that was ever created. */
  async jobs(match: JobMatch): Promise<JobView[]> {
    // Written by `GET /jobs`.
    return ((await this.get(`/jobs?${query({ ...match })}`)) as { jobs: JobView[] }).jobs;
  }

  /** Waits until so many matching batch jobs exist, such as those in a `state`. */
  async waitForJobs(count: number, match: JobMatch, timeoutMs = 60_000): Promise<void> {
    await this.get(`/wait-jobs?${query({ ...match, count: String(count), timeout: String(timeoutMs) })}`);
  }

  /** What each provider has booked for batch jobs, and every request (realtime or line of a job) that was answered, and so charged, more than once. */
  async books(): Promise<{ batches: Record<string, BatchTally>; repeated: { fingerprint: string; answered: number; requests: number; provider: string; model: string; task: string }[] }> {
    // Written by `GET /stats`.
    return (await this.get('/stats')) as Awaited<ReturnType<SimulatedClient['books']>>;
  }

  /** Every body that was asked, by its fingerprint: how often, how often a whole answer went out, and the number of the latest request. */
  async bodies(): Promise<Map<string, AskedBody>> {
    // Written by `GET /stats`.
    return new Map(Object.entries(((await this.get('/stats')) as { fingerprints: Record<string, AskedBody> }).fingerprints));
  }

  /** Teaches every model the truth about questions; whether it says it is a matter of its skill. */
  teach(truths: readonly { question: string; correct: string }[]): Promise<void> {
    return this.control({ recorded: truths });
  }

  private async control(command: unknown): Promise<void> {
    const response = await fetch(`${this.url}/control`, { method: 'POST', body: JSON.stringify(command) });
    if (!response.ok) throw new Error(`POST /control: ${response.status} ${await response.text()}`);
  }

  private async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}

function query(values: Record<string, string>): string {
  return new URLSearchParams(values).toString();
}

/** The control of the run's shared simulated provider. */
export function simulatedProvider(): SimulatedClient {
  return new SimulatedClient(stackAddresses().simulatedUrl);
}
