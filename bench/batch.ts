import { setTimeout as wait } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { postJson } from './http-client.js';
import type { Row } from './completions.js';
import { parts, type Part, type RunningProduct } from './product.js';
import { processorSeconds, residentMegabytes } from './processor-time.js';

/** How much to measure. */
export interface BatchBenchOptions {
  items: number;
  only: string | null;
}

/** Seconds since the epoch at which each phase of a batch ended, by the rows themselves. */
interface Moments {
  created: number;
  loaded: number;
  planned: number;
  submitted: number;
  ended: number;
  collected: number;
  finished: number;
}

const models = [
  ['OpenAI', 'openai/gpt-4o-mini'],
  ['Anthropic', 'anthropic/claude-sonnet-4-20250514'],
] as const;

/** One batch for each provider from its file to its results; prints progress to standard error. The provider answers at once, so what is measured is ours and its own work on two cores. */
export async function benchBatch(product: RunningProduct, options: BatchBenchOptions): Promise<Row[]> {
  await postJson(`${product.simulatedUrl}/control`, { defaults: { latencyMs: 0, tokensPerSecond: 0 }, jobDelays: { validating: 0, in_progress: 0, finalizing: 0, cancelling: 0 } });
  const database = new pg.Pool({ connectionString: product.databaseUrl, max: 1 });
  try {
    const tables: Row[][] = [];
    for (const [name, model] of models) {
      if (options.only === null || name.toLowerCase().includes(options.only)) tables.push(await measure(product, database, { name, model, items: options.items }));
    }
    // Tables of the same figures stand together.
    return [0, 1, 2].flatMap((table) => tables.flatMap((rows) => rows[table] ?? []));
  } finally {
    await database.end();
  }
}

async function measure(product: RunningProduct, database: pg.Pool, { name, model, items }: { name: string; model: string; items: number }): Promise<Row[]> {
  const memory = watchMemory(product);
  const before = processorOf(product);
  const startedAt = performance.now();
  const fileId = await upload(product.apiUrl, items);
  const uploadedAt = performance.now();
  const id = await create(product.apiUrl, { model, input_file_id: fileId, parameters: { max_tokens: 200 }, poll_interval_seconds: 0.5, confirm: true });
  const createdAt = performance.now();
  await untilOver(product.apiUrl, id, items);
  const readAt = performance.now();
  const lines = await readResults(product.apiUrl, id);
  const endedAt = performance.now();
  const after = processorOf(product);
  const megabytes = memory.end();
  if (lines !== items) throw new Error(`${name}: ${String(lines)} results of ${String(items)} items`);
  const moments = await momentsOf(database, id);
  const seconds = {
    upload: (uploadedAt - startedAt) / 1000,
    check: (createdAt - uploadedAt) / 1000,
    load: moments.loaded - moments.created,
    plan: moments.planned - moments.loaded,
    submit: moments.submitted - moments.planned,
    provider: moments.ended - moments.submitted,
    collect: moments.collected - moments.ended,
    finish: moments.finished - moments.collected,
    results: (endedAt - readAt) / 1000,
  };
  const histories = await historiesOf(product, id);
  const named = (figures: Record<string, number>): Row => ({ name: `${name}, ${items.toLocaleString('en')} items`, figures });
  const whole = Object.values(seconds).reduce((sum, duration) => sum + duration, 0);
  const rows = [
    named({ ...Object.fromEntries(Object.entries(seconds).map(([phase, duration]) => [`${phase} s`, duration])), 'items/s': items / whole, 'without the provider': items / (whole - seconds.provider) }),
    named(Object.fromEntries(parts.map((part) => [`${part} CPU ms/item`, ((after[part] - before[part]) * 1000) / items]))),
    named({ 'worker MB at most': megabytes.worker, 'api MB at most': megabytes.api, 'events of the batch': histories.batch, 'events of its longest job': histories.job }),
  ];
  for (const row of rows) process.stderr.write(`${row.name}: ${Object.entries(row.figures).map(([key, value]) => `${key} ${value.toFixed(3)}`).join(', ')}\n`);
  return rows;
}

function* fileOf(items: number): Generator<string> {
  for (let first = 0; first < items; first += 1_000) {
    yield Array.from({ length: Math.min(1_000, items - first) }, (_, offset) => `${JSON.stringify({
      custom_id: `item-${String(first + offset)}`, method: 'POST', url: '/v1/chat/completions',
      body: { messages: [{ role: 'system', content: 'Answer briefly.' }, { role: 'user', content: `Ticket ${String(first + offset)}: a customer writes that the parcel came a week late and asks what to do. Say which team should answer and why, in two sentences.` }] },
    })}\n`).join('');
  }
}

async function upload(apiUrl: string, items: number): Promise<string> {
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob([...fileOf(items)]), 'bench.jsonl');
  const response = await fetch(`${apiUrl}/v1/files`, { method: 'POST', body: form });
  // OpenAI's file object.
  const file = (await response.json()) as { id?: string };
  if (!file.id) throw new Error(`POST /v1/files: ${String(response.status)} ${JSON.stringify(file)}`);
  return file.id;
}

async function create(apiUrl: string, body: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${apiUrl}/api/batches`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const batch = (await response.json()) as { id?: string };
  if (!batch.id) throw new Error(`POST /api/batches: ${String(response.status)} ${JSON.stringify(batch)}`);
  return batch.id;
}

async function untilOver(apiUrl: string, id: string, items: number): Promise<void> {
  for (;;) {
    const batch = (await (await fetch(`${apiUrl}/api/batches/${id}`)).json()) as { status: string; counts: { succeeded: number } };
    if (batch.status === 'completed' && batch.counts.succeeded === items) return;
    if (['completed', 'failed', 'canceled', 'paused'].includes(batch.status)) throw new Error(`The batch did not succeed: ${JSON.stringify(batch).slice(0, 2_000)}`);
    // Reading it counts all items, so not too often.
    await wait(Math.max(500, items / 50));
  }
}

/** Reads the results as a stream; returns how many there are. */
async function readResults(apiUrl: string, id: string): Promise<number> {
  const { body } = await fetch(`${apiUrl}/api/batches/${id}/results`);
  let lines = 0;
  if (body) for await (const chunk of body) lines += Buffer.from(chunk as Uint8Array).toString('latin1').split('\n').length - 1;
  return lines;
}

async function momentsOf(database: pg.Pool, id: string): Promise<Moments> {
  const epoch = (time: string): string => `extract(epoch FROM ${time})::float8`;
  const { rows } = await database.query<Moments>(
    `SELECT ${epoch('batch.created_at')} AS created, ${epoch('batch.started_at')} AS loaded, ${epoch('max(job.created_at)')} AS planned, ${epoch('max(job.submitted_at)')} AS submitted,
  ${epoch('max(job.ended_at)')} AS ended, ${epoch('max(job.collected_at)')} AS collected, ${epoch('batch.finished_at')} AS finished
FROM batches AS batch JOIN provider_jobs AS job ON job.batch_id = batch.id WHERE batch.id = $1 GROUP BY batch.id`,
    [id],
  );
  if (!rows[0]) throw new Error(`Batch ${id} has no jobs.`);
  return rows[0];
}

async function historiesOf({ temporalAddress, temporalNamespace }: RunningProduct, id: string): Promise<{ batch: number; job: number }> {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const { workflow } = new Client({ connection, namespace: temporalNamespace });
    const longest = { batch: 0, job: 0 };
    for await (const { workflowId, runId } of workflow.list()) {
      if (!workflowId.startsWith(`batch/${id}`)) continue;
      const { historyLength } = await workflow.getHandle(workflowId, runId).describe();
      const kind = workflowId.includes('/job/') ? 'job' : 'batch';
      longest[kind] = Math.max(longest[kind], historyLength);
    }
    return longest;
  } finally {
    await connection.close();
  }
}

function watchMemory(product: RunningProduct): { end(): { worker: number; api: number } } {
  const most = { worker: 0, api: 0 };
  const look = (): void => {
    for (const part of ['worker', 'api'] as const) most[part] = Math.max(most[part], residentMegabytes(product.pids[part]));
  };
  look();
  const timer = setInterval(look, 50);
  return {
    end: () => {
      clearInterval(timer);
      look();
      return most;
    },
  };
}

function processorOf(product: RunningProduct): Record<Part, number> {
  // One entry for each part, by construction.
  return Object.fromEntries(parts.map((part) => [part, processorSeconds(product.pids[part])])) as Record<Part, number>;
}
