import type { ConclaveClient, WireAnswer } from './conclave-client.js';
import { until } from './until.js';

/** Lines of a batch file in OpenAI's form. */
export function batchLines(items: { custom_id: string; body: Record<string, unknown> }[]): string {
  return items.map((item) => `${JSON.stringify({ method: 'POST', url: '/v1/chat/completions', ...item })}\n`).join('');
}

/** Uploads a file through OpenAI's interface and returns its id. */
export async function uploadBatchFile(api: ConclaveClient, content: string): Promise<string> {
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob([content]), 'batch.jsonl');
  const response = await fetch(`${api.url}/v1/files`, { method: 'POST', body: form });
  return ((await response.json()) as { id: string }).id;
}

/** The batch once it is over. */
export function untilOver(api: ConclaveClient, id: string, timeoutMs = 40_000): Promise<WireAnswer['json']> {
  return until(`end of ${id}`, async () => {
    const { json } = await api.get(`/api/batches/${id}`);
    return ['completed', 'failed', 'canceled'].includes(json.status) && json;
  }, timeoutMs, 200);
}

/** The batch's results, one object a line. */
export async function resultsOf(api: ConclaveClient, id: string, query = ''): Promise<WireAnswer['json'][]> {
  const { text } = await api.get(`/api/batches/${id}/results${query}`);
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}
