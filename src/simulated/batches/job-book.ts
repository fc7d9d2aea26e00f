import { randomBytes } from 'node:crypto';
import type { Usage } from '../../../domain/chat/chat-request.js';
import type { JobDelays, JobState, SimulatedFile, SimulatedJob } from './job.js';

/** What a provider has booked for batch jobs: what a client's own sums have to agree with. */
export interface BatchTally {
  jobs: number;
  /** Lines of jobs that passed validation. */
  lines: number;
  /** Rows with an answer, charged; duplicates of a row in a result file are not counted again. */
  answered: number;
  /** Rows with an error, not charged. */
  failed: number;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  reasoningTokens: number;
}

/** Which jobs a look-up means; a missing field matches everything. */
export interface JobMatch {
  provider?: string;
  model?: string;
  state?: string;
  /** A part of the job's id, name, metadata, input file's id or first lines. */
  contains?: string;
}

/** A job as `GET /jobs` shows it. */
export interface JobView {
  id: string;
  provider: string;
  model: string;
  endpoint: string;
  state: JobState;
  name: string | null;
  metadata: Record<string, string> | null;
  inputFileId: string | null;
  /** Equal for equal inputs. */
  inputSha256: string;
  firstLine: string;
  counts: SimulatedJob['counts'];
  /** Milliseconds since the epoch. */
  createdAt: number;
  times: SimulatedJob['times'];
  answeredTokens: { input: number; output: number };
}

/** The same time in every state. */
export function evenDelays(ms: number): JobDelays {
  return { validating: ms, in_progress: ms, finalizing: ms, cancelling: ms };
}

/** Some seconds, for demonstrations. */
export const believableDelays: JobDelays = { validating: 1000, in_progress: 4000, finalizing: 1000, cancelling: 1000 };

/** Everything a simulated provider knows about files and jobs, for as long as the process lives. */
export class JobBook {
  delays: JobDelays;
  /** Resumable uploads that are not finalized yet, by upload id. */
  readonly uploads = new Map<string, SimulatedFile>();
  private readonly jobs = new Map<string, SimulatedJob>();
  private readonly files = new Map<string, SimulatedFile>();
  private readonly jobTokens = new Map<string, { input: number; output: number }>();
  private readonly tallies = new Map<string, BatchTally>();
  private waiters: { check: () => boolean; resolve: () => void }[] = [];

  constructor(private readonly initialDelays: JobDelays) {
    this.delays = { ...initialDelays };
  }

  newId(prefix: string): string {
    return `${prefix}${randomBytes(12).toString('hex')}`;
  }

  addFile(file: SimulatedFile): SimulatedFile {
    this.files.set(`${file.provider} ${file.id}`, file);
    return file;
  }

  file(provider: string, id: string): SimulatedFile | null {
    return this.files.get(`${provider} ${id}`) ?? null;
  }

  /** A provider's files, newest first. */
  filesOf(provider: string): SimulatedFile[] {
    return [...this.files.values()].filter((file) => file.provider === provider).reverse();
  }

  /** A job keeps the input it began with. */
  async deleteFile(file: SimulatedFile): Promise<void> {
    this.files.delete(`${file.provider} ${file.id}`);
    if (![...this.jobs.values()].some((job) => job.input === file.content)) await file.content.close();
  }

  addJob(job: SimulatedJob): void {
    this.jobs.set(`${job.provider} ${job.id}`, job);
    this.tally(job.provider).jobs += 1;
    this.wake();
  }

  job(provider: string, id: string): SimulatedJob | null {
    return this.jobs.get(`${provider} ${id}`) ?? null;
  }

  /** A provider's jobs, newest first. */
  jobsOf(provider: string): SimulatedJob[] {
    return [...this.jobs.values()].filter((job) => job.provider === provider).reverse();
  }

  deleteJob(job: SimulatedJob): void {
    this.jobs.delete(`${job.provider} ${job.id}`);
  }

  /** Whether a job wrote the file of this id. */
  isOutput(provider: string, id: string): boolean {
    return this.file(provider, id)?.purpose === 'batch_output';
  }

  /** The job that wrote a file. */
  jobOfOutput(file: SimulatedFile): SimulatedJob | null {
    return this.jobsOf(file.provider).find((job) => job.output === file || job.errors === file) ?? null;
  }

  enter(job: SimulatedJob, state: JobState): void {
    job.state = state;
    job.times[state] = Date.now();
    this.wake();
  }

  accept(job: SimulatedJob): void {
    this.tally(job.provider).lines += job.counts.total;
  }

  charge(job: SimulatedJob, figures: { answered: number; failed: number; usage: Usage }): void {
    const tally = this.tally(job.provider);
    tally.answered += figures.answered;
    tally.failed += figures.failed;
    for (const name of ['inputTokens', 'outputTokens', 'cachedInputTokens', 'reasoningTokens'] as const) tally[name] += figures.usage[name];
    this.jobTokens.set(job.id, { input: figures.usage.inputTokens, output: figures.usage.outputTokens });
  }

  /** Totals by provider. */
  figures(): Record<string, BatchTally> {
    return Object.fromEntries(this.tallies);
  }

  /** Matching jobs, oldest first. */
  list(match: JobMatch): JobView[] {
    return [...this.jobs.values()].filter((job) => this.fits(job, match)).map((job) => this.view(job));
  }

  /** Resolves `true` once as many matching jobs exist, `false` when `timeoutMs` passes first. */
  async waitFor(count: number, match: JobMatch, timeoutMs: number): Promise<boolean> {
    const check = (): boolean => [...this.jobs.values()].filter((job) => this.fits(job, match)).length >= count;
    if (check()) return true;
    return new Promise((resolve) => {
      const waiter = { check, resolve: () => { clearTimeout(timer); resolve(true); } };
      const timer = setTimeout(() => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        resolve(false);
      }, timeoutMs);
      this.waiters.push(waiter);
    });
  }

  /** Forgets everything; jobs under way end without a trace. */
  async clear(): Promise<void> {
    const contents = [...this.files.values(), ...this.uploads.values()].map((file) => file.content);
    for (const job of this.jobs.values()) {
      job.dropped = true;
      job.cancel.abort();
      contents.push(job.input);
    }
    this.delays = { ...this.initialDelays };
    for (const map of [this.jobs, this.files, this.uploads, this.jobTokens, this.tallies]) map.clear();
    await Promise.all([...new Set(contents)].map((content) => content.close()));
  }

  private fits(job: SimulatedJob, match: JobMatch): boolean {
    return (
      (match.provider === undefined || match.provider === job.provider) &&
      (match.model === undefined || match.model === job.model || match.model === job.model.split('@')[0]) &&
      (match.state === undefined || match.state === job.state) &&
      (match.contains === undefined || [job.id, job.name, JSON.stringify(job.metadata), job.inputFileId, job.opening].some((text) => text?.includes(match.contains ?? '')))
    );
  }

  private view(job: SimulatedJob): JobView {
    return {
      id: job.id, provider: job.provider, model: job.model, endpoint: job.endpoint, state: job.state, name: job.name, metadata: job.metadata, inputFileId: job.inputFileId,
      inputSha256: job.input.sha256(), firstLine: (job.opening.split('\n')[0] ?? '').slice(0, 500), counts: job.counts, createdAt: job.createdAt, times: job.times,
      answeredTokens: this.jobTokens.get(job.id) ?? { input: 0, output: 0 },
    };
  }

  private tally(provider: string): BatchTally {
    const tally = this.tallies.get(provider) ?? { jobs: 0, lines: 0, answered: 0, failed: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 };
    this.tallies.set(provider, tally);
    return tally;
  }

  private wake(): void {
    const ready = this.waiters.filter((waiter) => waiter.check());
    this.waiters = this.waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
  }
}
