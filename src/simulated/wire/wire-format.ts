import type { SimulatedReply, SimulatedRequest } from '../simulated-request.js';

/** A piece of a stream: the bytes of one or more SSE events and the output tokens they carry, by which the stream is paced. */
export interface StreamFrame {
  data: string;
  tokens: number;
}

/** What every answer of one request shares. */
export interface AnswerIdentity {
  id: string;
  /** Seconds since the epoch. */
  created: number;
}

/** A trouble to report, in a provider's own words and codes. */
export interface WireTrouble {
  status: number;
  kind: 'plain' | 'context_length' | 'quota';
  message: string;
  retryAfterSeconds: number | null;
}

/** One wire format: reads requests, renders answers, streams and errors. */
export interface WireFormat {
  /** How its streams are sent; missing: as server-sent events. */
  stream?: { contentType: string; encoding: 'latin1' };
  /** Throws `InvalidRequest` for a body a real provider would answer with 400. */
  parse(input: { provider: string; body: Record<string, unknown>; pathModel: string | null; stream: boolean }): SimulatedRequest;
  answer(reply: SimulatedReply, request: SimulatedRequest, identity: AnswerIdentity): unknown;
  /** The whole stream, the first frame without tokens. */
  frames(reply: SimulatedReply, request: SimulatedRequest, identity: AnswerIdentity): Iterable<StreamFrame>;
  error(trouble: WireTrouble): unknown;
  /** An error event in mid-stream. */
  streamError(message: string): string;
}

/** A request body that a real provider would answer with 400. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
}

/** A text in pieces of about a word; together they are the text. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S{1,16}|\s+$/gu) ?? [];
}

/** An SSE event, with its name where the format has names. */
export function sse(data: unknown, event?: string): string {
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

/** Narrows JSON of unknown shape: an object or an empty one. */
export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Narrows JSON of unknown shape: a list of objects, others left out. */
export function objectsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((entry): entry is Record<string, unknown> => typeof entry === 'object' && entry !== null) : [];
}

export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** Text of a message's content, whether a string or parts with `text`. */
export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content).map((part) => stringOf(part.text) || stringOf(part.refusal)).filter(Boolean).join('\n');
}

/** Strings of a `stop` parameter, one or many. */
export function stopsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((entry): entry is string => typeof entry === 'string' && entry !== '');
}
