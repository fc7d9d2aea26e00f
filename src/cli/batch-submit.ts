import { openAsBlob, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { ApiRefusal, ask } from './api-client.js';
import { estimateText } from './batch-view.js';
import { batchOnWire, estimateOnWire, type BatchOnWire } from './batch-wire.js';
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

/** Submits a file, standard input (`-`) or prompts as a batch. Null: the person at the terminal did not want it. */
export async function submitBatch(server: Server, file: string | undefined, options: SubmitOptions): Promise<BatchOnWire | null> {
  const body = { ...(await input(server, file, options.prompt)), ...asked(options), ...(options.yes === true && { confirm: true }) };
  const headers: Record<string, string> = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
  try {
    return await create(server, body, headers);
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.code !== 'confirmation_required') throw error;
    if (!(await confirmed(error))) return null;
    return create(server, { ...body, confirm: true }, headers);
  }
}

async function create(server: Server, body: Record<string, unknown>, headers: Record<string, string>): Promise<BatchOnWire> {
  return batchOnWire.parse(await (await ask(server, '/api/batches', { method: 'POST', body, headers })).json());
}

async function input(server: Server, file: string | undefined, prompts: string[] | undefined): Promise<Record<string, unknown>> {
  if (file !== undefined && prompts !== undefined) throw new Error('Give a file or --prompt, not both.');
  if (prompts !== undefined) return { items: prompts.map((prompt) => ({ prompt })) };
  if (file === undefined) throw new Error('Name a file of JSON lines, "-" for standard input, or --prompt with texts.');
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', file === '-' ? new Blob([await buffer(process.stdin)]) : await fileBlob(file), file === '-' ? 'stdin.jsonl' : basename(file));
  const uploaded = z.object({ id: z.string() }).parse(await (await ask(server, '/v1/files', { method: 'POST', body: form })).json());
  return { input_file_id: uploaded.id };
}

// Read while it is sent, so that a large file is never in memory.
async function fileBlob(file: string): Promise<Blob> {
  try {
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

function readSchema(path: string): unknown {
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
