import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { ask } from './api-client.js';
import { exitCodes } from './exit-codes.js';
import { exportFormat } from './export-format.js';
import { findServer, type Server } from './find-server.js';
import { isConfirmed } from './is-confirmed.js';
import { comparisonText } from './run-comparison-view.js';
import { startRun, type StartOptions } from './run-start.js';
import { runExitCodeOf, runLine, runList, runScreen, sampleList } from './run-view.js';
import { watchRun } from './run-watch.js';
import { comparisonOnWire, runOnWire, sampleOnWire } from './run-wire.js';
import { trustedKey } from './trusted-key.js';
import { writeBody } from './write-body.js';

/** Options that every command of runs takes. */
export interface RunCommandOptions {
  url?: string;
  key?: string;
  json?: boolean;
}

const page = z.object({ data: z.array(z.unknown()), next_cursor: z.string().nullish() });

/** Starts a run and shows it until it is over; with `detach` prints its id. */
export async function runCommand(benchmarks: string[], options: RunCommandOptions & StartOptions & { detach?: boolean; timeout?: number }): Promise<number> {
  const server = await findServer(options);
  const started = await startRun(server, benchmarks, options);
  if (started === null) {
    console.error('Nothing was started.');
    return exitCodes.error;
  }
  if (options.detach !== true) return watch(server, started.id, options);
  console.log(options.json === true ? JSON.stringify(started.body) : started.id);
  if (options.json !== true && process.stderr.isTTY) console.error(`Watch it with "conclave runs watch ${started.id}${again(options)}".`);
  return exitCodes.done;
}

export async function watchCommand(id: string, options: RunCommandOptions & { timeout?: number }): Promise<number> {
  return watch(await findServer(options), id, options);
}

function watch(server: Server, id: string, options: RunCommandOptions & { timeout?: number }): Promise<number> {
  return watchRun(server, id, { json: options.json === true, timeoutMs: options.timeout ?? null, again: again(options) });
}

// A key is a secret and stays out of what is printed.
function again({ url }: RunCommandOptions): string {
  return url === undefined ? '' : ` --url ${url}`;
}

/** Prints a run; the exit code is that of a watch which ends now, 0 while it goes on. */
export async function showCommand(id: string, options: RunCommandOptions): Promise<number> {
  const json: unknown = await (await ask(await findServer(options), pathOf(id))).json();
  const run = runOnWire.parse(json);
  console.log(options.json === true ? JSON.stringify(json) : runScreen(run, { width: screenWidth(), elapsedSeconds: 0 }));
  return runExitCodeOf(run) ?? exitCodes.done;
}

export async function listCommand(options: RunCommandOptions & { status?: string; model?: string; provider?: string; benchmark?: string; tag?: string; limit?: number; before?: string }): Promise<number> {
  const query = queryOf(options, ['status', 'model', 'provider', 'benchmark', 'tag', 'limit', 'before']);
  const { data, next_cursor: next } = page.parse(await (await ask(await findServer(options), `/api/runs?${query}`)).json());
  if (options.json === true) for (const run of data) console.log(JSON.stringify(run));
  else console.log(data.length === 0 ? 'There is no run.' : runList(z.array(runOnWire).parse(data), screenWidth()));
  if (options.json !== true && next) console.error(`There are more: --before ${next}`);
  return exitCodes.done;
}

/** Prints samples, all of them unless `limit` says otherwise, page by page; with `json` everything that is stored of each but its calls. */
export async function samplesCommand(id: string, options: RunCommandOptions & { benchmark?: string; verdict?: string; status?: string; limit?: number }): Promise<number> {
  const server = await findServer(options);
  const filter = queryOf(options, ['benchmark', 'verdict', 'status']);
  let left = options.limit ?? (options.json === true ? Infinity : 50);
  let after: string | null = null;
  do {
    const query: string = `${filter}&limit=${String(Math.min(left, 200))}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`;
    const read: z.infer<typeof page> = page.parse(await (await ask(server, `${pathOf(id)}/samples?${query}`)).json());
    if (options.json === true) for (const sample of read.data) console.log(JSON.stringify(sample));
    else console.log(read.data.length === 0 ? 'There is no such sample.' : sampleList(z.array(sampleOnWire).parse(read.data), screenWidth()));
    left -= read.data.length;
    after = read.next_cursor ?? null;
  } while (after !== null && left > 0);
  if (after !== null && options.json !== true) console.error('There are more: --limit NUMBER, or --json for all.');
  return exitCodes.done;
}

/** Tells a run to do something and prints what it then is. */
export async function actCommand(action: 'cancel' | 'pause' | 'resume' | 'requeue' | 'retry-errors', id: string, options: RunCommandOptions & { maxCost?: number; maxTokensTotal?: number }): Promise<number> {
  const body = { ...(options.maxCost !== undefined && { cost_cap_usd: options.maxCost }), ...(options.maxTokensTotal !== undefined && { token_cap: options.maxTokensTotal }) };
  const json: unknown = await (await ask(await findServer(options), `${pathOf(id)}/${action}`, { method: 'POST', ...(action === 'resume' && { body }) })).json();
  console.log(options.json === true ? JSON.stringify(json) : runLine(runOnWire.parse(json)));
  return exitCodes.done;
}

/** Scores the stored answers anew, without a call. */
export async function rescoreCommand(id: string, options: RunCommandOptions): Promise<number> {
  const json: unknown = await (await ask(await findServer(options), `${pathOf(id)}/re-score`, { method: 'POST' })).json();
  const { samples, changed } = z.object({ samples: z.number(), changed: z.number() }).parse(json);
  console.log(options.json === true ? JSON.stringify(json) : `${String(samples)} samples scored again, ${String(changed)} verdicts changed.`);
  return exitCodes.done;
}

export async function deleteCommand(id: string, options: RunCommandOptions & { yes?: boolean }): Promise<number> {
  const server = await findServer(options);
  if (options.yes !== true && !(await isConfirmed(`Delete ${id} with its samples and calls?`, `To delete ${id} with its samples and calls without a terminal, add --yes.`))) return exitCodes.error;
  await ask(server, pathOf(id), { method: 'DELETE' });
  console.log(`${id} is deleted.`);
  return exitCodes.done;
}

/** Prints runs side by side, with paired differences of each two. */
export async function compareCommand(ids: string[], options: RunCommandOptions): Promise<number> {
  const json: unknown = await (await ask(await findServer(options), `/api/runs/compare?ids=${encodeURIComponent(ids.join(','))}`)).json();
  console.log(options.json === true ? JSON.stringify(json) : comparisonText(comparisonOnWire.parse(json), screenWidth()));
  return exitCodes.done;
}

const binaryFormats = ['zip', 'pdf'];

/** Writes an export to a file or standard output. */
export async function exportCommand(id: string, options: RunCommandOptions & { format?: string; output?: string }): Promise<number> {
  const format = exportFormat(options);
  if (options.output === undefined && process.stdout.isTTY && binaryFormats.includes(format)) throw new Error(`A ${format} is not for a terminal: name a file with -o ${id}.${format}.`);
  await writeBody(await ask(await findServer(options), `${pathOf(id)}/export?format=${encodeURIComponent(format)}`), options.output);
  if (options.output !== undefined && format === 'zip' && process.stderr.isTTY) console.error(`Verify it anywhere with "conclave verify ${options.output}".`);
  return exitCodes.done;
}

/** Takes another Conclave's signed export in as a run that can be read here. */
export async function importCommand(file: string, options: RunCommandOptions & { trust?: string }): Promise<number> {
  const form = new FormData();
  if (options.trust !== undefined) form.append('key', trustedKey('--trust', options.trust));
  form.append('file', await fileBlob(file), basename(file));
  const json: unknown = await (await ask(await findServer(options), '/api/exports/import', { method: 'POST', body: form })).json();
  const imported = z.object({ run_id: z.string(), samples: z.number(), verification: z.object({ public_key_fingerprint: z.string().nullish() }) }).parse(json);
  console.log(options.json === true ? JSON.stringify(json) : `${imported.run_id} is here now, with ${String(imported.samples)} samples, signed by key ${imported.verification.public_key_fingerprint ?? ''}.`);
  return exitCodes.done;
}

async function fileBlob(file: string): Promise<Blob> {
  try {
    return await openAsBlob(file);
  } catch (error) {
    throw new Error(`${file} can't be read. Name a ZIP that "conclave runs export" wrote.`, { cause: error });
  }
}

// What is piped into a file or another program is not cut.
function screenWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : 250;
}

function pathOf(id: string): string {
  return `/api/runs/${encodeURIComponent(id)}`;
}

function queryOf<Options extends object>(options: Options, names: readonly (keyof Options & string)[]): string {
  const query = new URLSearchParams();
  for (const name of names) if (options[name] !== undefined) query.set(name, String(options[name]));
  return query.toString();
}
