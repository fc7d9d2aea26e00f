import { z } from 'zod';
import { ask } from './api-client.js';
import { readSchema, submitBatch, type SubmitOptions } from './batch-submit.js';
import { batchLine, batchList, batchScreen, exitCodeOf, integrityTable, isIntact, repairText, revalidationText } from './batch-view.js';
import { watchBatch } from './batch-watch.js';
import { batchOnWire, integrityOnWire, repairOnWire, revalidationOnWire, type BatchOnWire } from './batch-wire.js';
import { exitCodes } from './exit-codes.js';
import { findServer, type Server } from './find-server.js';
import { writeBody } from './write-body.js';

/** Options that every batch command takes. */
export interface BatchCommandOptions {
  url?: string;
  key?: string;
  json?: boolean;
}

export async function submitCommand(file: string | undefined, options: BatchCommandOptions & SubmitOptions & { watch?: boolean; timeout?: number }): Promise<number> {
  if (options.timeout !== undefined && options.watch !== true) throw new Error('--timeout bounds the watching: add --watch, or leave it out.');
  const server = await findServer(options);
  const batch = await submitBatch(server, file, options);
  if (batch === null) {
    console.error('Nothing was submitted.');
    return exitCodes.error;
  }
  if (options.watch === true) return watch(server, batch.id, options);
  console.log(options.json === true ? JSON.stringify(batch) : batch.id);
  if (options.json !== true && process.stderr.isTTY) console.error(`Watch it with "conclave batch watch ${batch.id}${again(options)}".`);
  return exitCodes.done;
}

export async function watchCommand(id: string, options: BatchCommandOptions & { timeout?: number }): Promise<number> {
  return watch(await findServer(options), id, options);
}

function watch(server: Server, id: string, options: BatchCommandOptions & { timeout?: number }): Promise<number> {
  return watchBatch(server, id, { json: options.json === true, timeoutMs: options.timeout ?? null, again: again(options) });
}

// A key is a secret and stays out of what is printed.
function again({ url }: BatchCommandOptions): string {
  return url === undefined ? '' : ` --url ${url}`;
}

/** Prints a batch; the exit code is that of a watch which ends now, 0 while it goes on. */
export async function statusCommand(id: string, options: BatchCommandOptions): Promise<number> {
  const batch = batchOnWire.parse(await (await ask(await findServer(options), `/api/batches/${encodeURIComponent(id)}`)).json());
  console.log(options.json === true ? JSON.stringify(batch) : batchScreen(batch, { width: process.stdout.isTTY ? process.stdout.columns : 120, elapsedSeconds: 0 }));
  for (const fault of batch.input_faults ?? []) console.error(`Line ${String(fault.line)}: ${fault.message}`);
  return exitCodeOf(batch) ?? exitCodes.done;
}

export async function listCommand(options: BatchCommandOptions & { status?: string; tag?: string; limit?: number; before?: string }): Promise<number> {
  const query = new URLSearchParams();
  for (const name of ['status', 'tag', 'limit', 'before'] as const) if (options[name] !== undefined) query.set(name, String(options[name]));
  const page = z.object({ data: z.array(z.unknown()), next_cursor: z.string().nullish() }).parse(await (await ask(await findServer(options), `/api/batches?${query.toString()}`)).json());
  if (options.json === true) for (const batch of page.data) console.log(JSON.stringify(batch));
  else console.log(page.data.length === 0 ? 'There is no batch.' : batchList(z.array(batchOnWire).parse(page.data), process.stdout.isTTY ? process.stdout.columns : 250));
  if (options.json !== true && page.next_cursor) console.error(`There are more: --before ${page.next_cursor}`);
  return exitCodes.done;
}

/** Writes results as JSON lines, to standard output or a file, without holding them. */
export async function resultsCommand(id: string, options: BatchCommandOptions & { status?: string; output?: string }): Promise<number> {
  const query = options.status === undefined ? '' : `?status=${encodeURIComponent(options.status)}`;
  await writeBody(await ask(await findServer(options), `/api/batches/${encodeURIComponent(id)}/results${query}`), options.output);
  return exitCodes.done;
}

/** Tells a batch to do something and prints what it then is. */
export async function actCommand(action: 'cancel' | 'pause' | 'resume' | 'retry' | 'switch', id: string, options: BatchCommandOptions & { maxCost?: number; mode?: string }): Promise<number> {
  const { maxCost, mode } = options;
  const body = action === 'switch' ? { mode } : action === 'resume' ? { ...(maxCost !== undefined && { cost_cap_usd: maxCost }) } : undefined;
  const answer = await ask(await findServer(options), `/api/batches/${encodeURIComponent(id)}/${action}`, { method: 'POST', body });
  const batch = batchOnWire.parse(await answer.json());
  console.log(options.json === true ? JSON.stringify(batch) : batchLine(batch));
  if (options.json !== true && !isDone[action](batch, mode)) console.error(`Asked for; it takes effect in a moment: "conclave batch watch ${id}${again(options)}".`);
  return exitCodes.done;
}

/** Whether a batch already is what an action makes of it. */
const isDone: Record<Parameters<typeof actCommand>[0], (batch: BatchOnWire, mode: string | undefined) => boolean> = {
  cancel: ({ status }) => ['canceled', 'completed', 'failed'].includes(status),
  pause: ({ status }) => status === 'paused',
  resume: ({ status }) => status !== 'paused',
  retry: ({ status, counts }) => !['completed', 'failed'].includes(status) || counts.failed === 0,
  switch: (batch, mode) => batch.mode === mode || batch.next_mode === mode,
};

/** Counts what is expected, there, missing and too much; exit code 1 where something is missing. With `repair` what is missing is asked again. */
export async function verifyCommand(id: string, options: BatchCommandOptions & { repair?: boolean }): Promise<number> {
  const server = await findServer(options);
  const path = `/api/batches/${encodeURIComponent(id)}`;
  const found = integrityOnWire.parse(await (await ask(server, `${path}/verify`)).json());
  const intact = isIntact(found);
  const repair = intact || options.repair !== true ? null : repairOnWire.parse(await (await ask(server, `${path}/repair`, { method: 'POST' })).json());
  console.log(options.json === true ? JSON.stringify(repair ? { ...found, repair } : found) : `${integrityTable(found)}\n${intact ? 'integrity OK' : 'integrity WARN'}`);
  if (intact) return exitCodes.done;
  if (!repair) {
    console.error(`Mend it with "conclave batch verify ${id} --repair${again(options)}".`);
    return exitCodes.error;
  }
  console.error(`${repairText(repair)}${repair.started ? ` See "conclave batch watch ${id}${again(options)}".` : ''}`);
  return repair.started || repair.reconciled > 0 ? exitCodes.done : exitCodes.error;
}

/** Judges stored answers by a schema, without a call; exit code 1 where some miss it. */
export async function revalidateCommand(id: string, options: BatchCommandOptions & { schema?: string }): Promise<number> {
  const body = options.schema === undefined ? {} : { schema: readSchema(options.schema) };
  const judged: unknown = await (await ask(await findServer(options), `/api/batches/${encodeURIComponent(id)}/revalidate`, { method: 'POST', body })).json();
  const found = revalidationOnWire.parse(judged);
  console.log(options.json === true ? JSON.stringify(judged) : revalidationText(found));
  if (found.invalid === 0) return exitCodes.done;
  if (options.json !== true) console.error(`See "conclave batch results ${id} --status failed${again(options)}", ask those again with "conclave batch retry ${id}${again(options)}".`);
  return exitCodes.error;
}
