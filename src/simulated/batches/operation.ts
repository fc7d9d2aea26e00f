import type { IncomingMessage } from 'node:http';
import type { SimulatedState } from '../simulated-state.js';
import { anthropicMessages } from '../wire/anthropic-messages.js';
import { gemini } from '../wire/gemini.js';
import { openaiChat } from '../wire/openai-chat.js';
import type { WireFormat } from '../wire/wire-format.js';
import type { JobDialect } from './job.js';

/** An operation on a provider's files and jobs, by the name that rules and the request log use as endpoint. */
export type OperationName =
  | 'files.create' | 'files.list' | 'files.retrieve' | 'files.content' | 'files.delete'
  | 'batches.create' | 'batches.list' | 'batches.retrieve' | 'batches.results' | 'batches.cancel' | 'batches.delete';

/** Where a request leads. */
export interface Operation {
  name: OperationName;
  vendor: JobDialect['vendor'];
  provider: string;
  /** The file's or job's id as the path has it; `''` where the operation has none. */
  id: string;
  /** Path of the version's root, such as `/openai/v1`. */
  basePath: string;
  /** Model in the path (Gemini). */
  pathModel: string;
}

/** What the endpoints of a vendor need. */
export interface BatchContext {
  state: SimulatedState;
  provider: string;
  /** Address of the version's root as the client sees it, such as `http://127.0.0.1:9100/openai/v1`. */
  baseUrl: string;
}

/** What a request asks to be done, read but not done yet: rules come in between. */
export interface PreparedOperation {
  /** What rules match on. */
  model: string;
  contains: string;
  /** What the request log shows. */
  body: unknown;
  perform(): Promise<OperationReply>;
  /** Frees what was read where the operation is not done after all. */
  drop?(): Promise<void>;
}

export interface OperationReply {
  json?: unknown;
  headers?: Record<string, string>;
  /** A file's content instead of JSON. */
  content?: AsyncIterable<Buffer>;
  contentType?: string;
}

/** A request that is answered with an error of its own. */
export class RefusedOperation extends Error {
  override readonly name = 'RefusedOperation';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** An incoming request, as the vendors' endpoints read it. */
export interface OperationRequest {
  operation: Operation;
  incoming: IncomingMessage;
  query: URLSearchParams;
  /** Address of this server as the client sees it. */
  origin: string;
}

export const formatOf: Record<JobDialect['vendor'], WireFormat> = { openai: openaiChat, anthropic: anthropicMessages, gemini };

type Pattern = [vendor: JobDialect['vendor'], method: string, path: RegExp, name: OperationName];

const patterns: Pattern[] = [
  ['gemini', 'POST', /^(?<base>.*)\/upload\/v1(?:beta|alpha)\/files$/, 'files.create'],
  ['gemini', 'PUT', /^(?<base>.*)\/upload\/v1(?:beta|alpha)\/files$/, 'files.create'],
  ['gemini', 'GET', /^(?<base>.*\/v1(?:beta|alpha))\/files$/, 'files.list'],
  ['gemini', 'GET', /^(?<base>.*\/v1(?:beta|alpha))\/files\/(?<id>[^/:]+):download$/, 'files.content'],
  ['gemini', 'GET', /^(?<base>.*\/v1(?:beta|alpha))\/files\/(?<id>[^/:]+)$/, 'files.retrieve'],
  ['gemini', 'DELETE', /^(?<base>.*\/v1(?:beta|alpha))\/files\/(?<id>[^/:]+)$/, 'files.delete'],
  ['gemini', 'POST', /^(?<base>.*)\/models\/(?<model>.+):batchGenerateContent$/, 'batches.create'],
  ['gemini', 'GET', /^(?<base>.*\/v1(?:beta|alpha))\/batches$/, 'batches.list'],
  ['gemini', 'GET', /^(?<base>.*\/v1(?:beta|alpha))\/batches\/(?<id>[^/:]+)$/, 'batches.retrieve'],
  ['gemini', 'DELETE', /^(?<base>.*\/v1(?:beta|alpha))\/batches\/(?<id>[^/:]+)$/, 'batches.delete'],
  ['gemini', 'POST', /^(?<base>.*\/v1(?:beta|alpha))\/batches\/(?<id>[^/:]+):cancel$/, 'batches.cancel'],
  ['anthropic', 'POST', /^(?<base>.*)\/messages\/batches$/, 'batches.create'],
  ['anthropic', 'GET', /^(?<base>.*)\/messages\/batches$/, 'batches.list'],
  ['anthropic', 'GET', /^(?<base>.*)\/messages\/batches\/(?<id>[^/]+)$/, 'batches.retrieve'],
  ['anthropic', 'GET', /^(?<base>.*)\/messages\/batches\/(?<id>[^/]+)\/results$/, 'batches.results'],
  ['anthropic', 'POST', /^(?<base>.*)\/messages\/batches\/(?<id>[^/]+)\/cancel$/, 'batches.cancel'],
  ['anthropic', 'DELETE', /^(?<base>.*)\/messages\/batches\/(?<id>[^/]+)$/, 'batches.delete'],
  ['openai', 'POST', /^(?<base>.*)\/files$/, 'files.create'],
  ['openai', 'GET', /^(?<base>.*)\/files$/, 'files.list'],
  ['openai', 'GET', /^(?<base>.*)\/files\/(?<id>[^/]+)$/, 'files.retrieve'],
  ['openai', 'GET', /^(?<base>.*)\/files\/(?<id>[^/]+)\/content$/, 'files.content'],
  ['openai', 'DELETE', /^(?<base>.*)\/files\/(?<id>[^/]+)$/, 'files.delete'],
  ['openai', 'POST', /^(?<base>.*)\/batches$/, 'batches.create'],
  ['openai', 'GET', /^(?<base>.*)\/batches$/, 'batches.list'],
  ['openai', 'GET', /^(?<base>.*)\/batches\/(?<id>[^/]+)$/, 'batches.retrieve'],
  ['openai', 'POST', /^(?<base>.*)\/batches\/(?<id>[^/]+)\/cancel$/, 'batches.cancel'],
];

/** Finds the operation of a method and path; null: none. The path's first segment is the provider's name, or the vendor's own where it begins with a version. */
export function operationOf(method: string, path: string): Operation | null {
  for (const [vendor, verb, pattern, name] of patterns) {
    const groups = verb === method ? pattern.exec(path)?.groups : undefined;
    if (!groups) continue;
    const first = /^\/([^/]+)/.exec(path)?.[1] ?? '';
    const provider = /^(?:v\d|upload$|models$)/.test(first) ? vendor : first;
    return { name, vendor, provider, id: decodeURIComponent(groups['id'] ?? ''), basePath: groups['base'] ?? '', pathModel: decodeURIComponent(groups['model'] ?? '') };
  }
  return null;
}

/** The body of a request that is JSON and small. */
export async function readJson(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new RefusedOperation(400, 'We could not parse the JSON body of your request.');
}

/** A page of a list that is newest first: what follows `after`, at most `limit`. */
export function pageAfter<T extends { id: string }>(entries: T[], after: string | null, limit: number): { page: T[]; hasMore: boolean } {
  const from = after === null ? 0 : entries.findIndex((entry) => entry.id === after) + 1;
  return { page: entries.slice(from, from + limit), hasMore: entries.length > from + limit };
}

/** A whole number of a query within its bounds, else the default. */
export function limitOf(query: URLSearchParams, name: string, standard: number, most: number): number {
  const value = Number(query.get(name) ?? standard);
  return Number.isInteger(value) && value >= 1 ? Math.min(value, most) : standard;
}
