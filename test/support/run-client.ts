import type { ConclaveClient, JsonBody, WireAnswer } from './conclave-client.js';
import { until } from './until.js';

/** What a run's body has, as far as specs ask for it. */
export interface RunView {
  id: string;
  status: string;
  reason: { code: string; message: string } | null;
  provider: string;
  model: string;
  metadata: Record<string, unknown>;
  benchmarks: { name: string; status: string; samples: number; done: number; correct: number; incorrect: number; unextracted: number; errors: number; accuracy: number | null; cost_usd: number | null; batch_id: string | null }[];
  summary: { samples: number; done: number; errors: number; accuracy: number | null };
}

/** One sample as lists tell it, as far as specs ask for it. */
export interface SampleView {
  id: string;
  benchmark: string;
  ordinal: number;
  item_id: string;
  epoch: number;
  status: string;
  verdict: string | null;
  score: number | null;
  answer: string | null;
  calls: number;
  failure: { code: string } | null;
}

const over = ['succeeded', 'failed', 'canceled'];

/** Runs over HTTP, as specs use them. */
export class RunClient {
  constructor(readonly client: ConclaveClient) {}

  create(body: JsonBody, headers: Record<string, string> = {}): Promise<WireAnswer> {
    return this.client.request('POST', '/api/runs', body, { headers });
  }

  /** Starts a run of conclave-mini, unless `body` says otherwise; returns its id. */
  async start(model: string, body: JsonBody = {}): Promise<string> {
    const answer = await this.create({ model_id: model, selected_benchmarks: ['conclave-mini'], subset_count: 6, ...body });
    if (answer.status !== 201) throw new Error(`POST /api/runs: ${String(answer.status)} ${answer.text}`);
    return (answer.json as RunView).id;
  }

  async read(id: string): Promise<RunView> {
    return (await this.client.get(`/api/runs/${id}`)).json as RunView;
  }

  /** The run once it is in one of these states. */
  until(id: string, statuses: readonly string[], timeoutMs = 60_000): Promise<RunView> {
    return until(
      `run ${id} ${statuses.join(' or ')}`,
      async () => {
        const run = await this.read(id);
        if (statuses.includes(run.status)) return run;
        throw new Error(JSON.stringify(run));
      },
      timeoutMs,
      200,
    );
  }

  ended(id: string, timeoutMs?: number): Promise<RunView> {
    return this.until(id, over, timeoutMs);
  }

  /** All samples, read page by page. */
  async samples(id: string, query = ''): Promise<SampleView[]> {
    const found: SampleView[] = [];
    for (let after = ''; ;) {
      const { json } = await this.client.get(`/api/runs/${id}/samples?${query}${after}`);
      found.push(...(json as { data: SampleView[] }).data);
      const next = (json as { next_cursor: string | null }).next_cursor;
      if (next === null) return found;
      after = `&after=${encodeURIComponent(next)}`;
    }
  }

  act(id: string, action: 'cancel' | 'pause' | 'resume' | 'requeue' | 'retry-errors' | 're-score', body?: JsonBody): Promise<WireAnswer> {
    return this.client.request('POST', `/api/runs/${id}/${action}`, body);
  }
}
