import { randomUUID } from 'node:crypto';
import { openAsBlob, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ApiRefusal, ask, NoAnswer } from './api-client.js';
import { estimateText } from './batch-view.js';
import { batchOnWire, estimateOnWire, faultsOnWire, type BatchOnWire } from './batch-wire.js';
import { exitCodes } from './exit-codes.js';
import { faultLines } from './fault-lines.js';
import type { Server } from './find-server.js';
import { isConfirmed } from './is-confirmed.js';

/** Options of `conclave batch submit` that say what is asked. */
export interface SubmitOptions {
  prompt?: string[];
  model?: string;
  provider?: string;
  mode?: string;
  maxTokens?: number;
  temperature?: number;
  schema?: string;
  maxCost?: number;
  tag?: string[];
  onStuck?: string;
  idempotencyKey?: string;
  yes?: boolean;
}

type Input = { items: { prompt: string }[] } | { lines: Blob; name: string };

/** Submits a file, standard input (`-`) or prompts as a batch. Null: the person at the terminal did not want it. */
export async function submitBatch(server: Server, file: string | undefined, options: SubmitOptions): Promise<BatchOnWire | null> {
  const source = await input(file, options.prompt);
  // One of our own lets an interrupted submission be repeated without a second batch.
  const key = options.idempotencyKey ?? randomUUID();
  const send = (confirm: boolean): Promise<BatchOnWire> => create(server, bodyOf(source, { ...asked(options), ...(confirm && { confirm }) }), key);
  try {
    return await send(options.yes === true);
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.code !== 'confirmation_required') throw error;
    if (!(await confirmed(error))) return null;
    return send(true);
  }
}

async function create(server: Server, body: FormData | Record<string, unknown>, key: string): Promise<BatchOnWire> {
  const wayBack = `The batch may be there all the same: repeat the command with "--idempotency-key ${key}", which gives it or submits it.`;
  const interrupted = (): never => {
    console.error(`Interrupted before the answer came. ${wayBack}`);
    process.exit(exitCodes.interrupted);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    return batchOnWire.parse(await (await ask(server, '/api/batches', { method: 'POST', body, headers: { 'idempotency-key': key } })).json());
  } catch (error) {
    if (error instanceof NoAnswer) throw new Error(`${error.message} ${wayBack}`, { cause: error });
    throw error instanceof ApiRefusal ? withFaults(error) : error;
  } finally {
    process.removeListener('SIGINT', interrupted);
    process.removeListener('SIGTERM', interrupted);
  }
}

// The message tells the first faulty line; the others are beside it, those with the same fault together.
function withFaults(refusal: ApiRefusal): ApiRefusal {
  const told = faultsOnWire.safeParse(refusal.details.faults);
  return new ApiRefusal([refusal.message, ...faultLines(told.success ? told.data : [])].join('\n'), refusal.status, refusal.code, refusal.details);
}

async function input(file: string | undefined, prompts: string[] | undefined): Promise<Input> {
  if (file !== undefined && prompts !== undefined) throw new Error('Give a file or --prompt, not both.');
  if (prompts !== undefined) return { items: prompts.map((prompt) => ({ prompt })) };
  if (file === undefined) throw new Error('Name a file of JSON lines, "-" for standard input, or --prompt with texts.');
  return file === '-' ? { lines: new Blob([await buffer(process.stdin)]), name: 'stdin.jsonl' } : { lines: await fileBlob(file), name: basename(file) };
}

// One form, so that nothing stays of a file whose batch is refused, and the same file is the same request.
function bodyOf(source: Input, options: Record<string, unknown>): FormData | Record<string, unknown> {
  if ('items' in source) return { ...options, items: source.items };
  const form = new FormData();
  form.append('options', JSON.stringify(options));
  form.append('file', source.lines, source.name);
  return form;
}

// Read while it is sent, so that a large file is never in memory.
async function fileBlob(file: string): Promise<Blob> {
  try {
    if (statSync(file).isDirectory()) throw new Error('a folder');
    return await openAsBlob(file);
  } catch (error) {
    throw new Error(`${file} can't be read. Name a file of JSON lines, or "-" for standard input.`, { cause: error });
  }
}

function asked({ model, provider, mode, maxTokens, temperature, schema, maxCost, tag, onStuck }: SubmitOptions): Record<string, unknown> {
  const parameters = { ...(maxTokens !== undefined && { max_tokens: maxTokens }), ...(temperature !== undefined && { temperature }) };
  return {
    ...(model !== undefined && { model, cli_model_override: true }),
    ...(provider !== undefined && { provider, cli_provider_override: true }),
    ...(mode !== undefined && { mode }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(schema !== undefined && { schema: readSchema(schema) }),
    ...(maxCost !== undefined && { cost_cap_usd: maxCost }),
    ...(tag !== undefined && { tags: tag }),
    ...(onStuck !== undefined && { on_stuck: onStuck }),
  };
}

/** The JSON Schema in a file; throws what to do where there is none. */
export function readSchema(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} can't be read as JSON: name a file that holds a JSON Schema.`, { cause: error });
  }
}

async function confirmed(refusal: ApiRefusal): Promise<boolean> {
  const estimate = estimateOnWire.safeParse(refusal.details.estimate);
  const what = estimate.success ? estimateText(estimate.data) : refusal.message;
  return isConfirmed(`${what}. Submit?`, `${what}. So many items need a confirmation: add --yes.`);
}
