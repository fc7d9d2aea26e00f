import type { ConclaveClient, JsonBody, WireAnswer } from './conclave-client.js';
import { until } from './until.js';

/** One line of `GET /api/batches/{id}/results`, the fields that specs ask for. */
export interface BatchResultLine {
  custom_id: string;
  status: string;
  text: string | null;
  failure: { code: string; message: string } | null;
  attempts: number;
  cost_usd: number | null;
}

/** What a batch's body has, as far as specs ask for it. */
export interface BatchView {
  id: string;
  status: string;
  reason: { code: string; message: string } | null;
  mode: string;
  counts: { total: number; pending: number; succeeded: number; failed: number; canceled: number };
  usage: { total: { input_tokens: number; output_tokens: number; cost_usd: number } };
  jobs: { id: string; provider: string; mode: string; status: string; reference: string | null; succeeded: number; failed: number; poll_count: number; reason: { code: string } | null }[];
}

/** Batches over HTTP, as specs use them. */
export class BatchClient {
  constructor(private readonly client: ConclaveClient) {}

  /** Starts a batch of one prompt per text; returns its id. */
  async start(model: string, prompts: readonly string[], options: JsonBody = {}): Promise<string> {
    const items = prompts.map((prompt, index) => ({ custom_id: `item-${String(index)}`, prompt }));
    const answer = await this.client.request('POST', '/api/batches', { model, items, parameters: { max_tokens: 200 }, poll_interval_seconds: 0.2, initial_delay_seconds: 0.1, confirm: true, ...options });
    if (answer.status !== 201) throw new Error(`POST /api/batches: ${String(answer.status)} ${answer.text}`);
    return (answer.json as BatchView).id;
  }

  async read(id: string): Promise<BatchView> {
    return (await this.client.get(`/api/batches/${id}`)).json as BatchView;
  }

  /** The batch once it is in one of these states. */
  until(id: string, statuses: readonly string[], timeoutMs = 60_000): Promise<BatchView> {
    let last: BatchView | null = null;
    return until(
      `batch ${id} ${statuses.join(' or ')}`,
      async () => {
        last = await this.read(id);
        if (statuses.includes(last.status)) return last;
        throw new Error(JSON.stringify(last));
      },
      timeoutMs,
      200,
    );
  }

  ended(id: string, timeoutMs?: number): Promise<BatchView> {
    return this.until(id, ['completed', 'failed', 'canceled'], timeoutMs);
  }

  async results(id: string): Promise<BatchResultLine[]> {
    const { text } = await this.client.get(`/api/batches/${id}/results`);
    return text.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as BatchResultLine);
  }

  control(id: string, action: 'cancel' | 'pause' | 'resume' | 'retry' | 'switch', body: JsonBody = {}): Promise<WireAnswer> {
    return this.client.request('POST', `/api/batches/${id}/${action}`, body);
  }
}
