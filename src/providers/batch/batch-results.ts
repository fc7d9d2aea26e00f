import { APICallError } from '@ai-sdk/provider';
import type { BatchResult } from '../batch-provider.js';
import type { StoredAnswer, LineMapping } from '../line-mapping.js';
import type { ProviderResponse } from '../provider.js';
import { failure, toProviderFailure, type FailureContext } from '../to-provider-failure.js';
import { splitLines } from './split-lines.js';

/** What a result row says of its line: an answer as a call would have had it, or why there is none. */
export type RowContent =
  | { answer: StoredAnswer }
  /** A refusal with its HTTP status. */
  | { refused: { status: number; body: unknown } }
  /** An error body without a status, in whichever of the vendors' shapes. */
  | { error: unknown }
  /** It was never answered: the job expired or was canceled first. */
  | { unanswered: string }
  | null;

/** One vendor's form of a row. */
export interface RowForm {
  /** null: it names no line. */
  id(row: Record<string, unknown>): string | null;
  /** null: it has neither an answer nor an error. */
  content(row: Record<string, unknown>): RowContent;
}

/** The results in a stream of rows; those that name no line are left out. */
export async function* readResults(pieces: AsyncIterable<Uint8Array>, form: RowForm, mapping: LineMapping, context: FailureContext): AsyncGenerator<BatchResult> {
  for await (const { raw, row } of readRows(pieces, context)) {
    const id = row === null ? null : form.id(row);
    if (row === null || id === null) continue;
    try {
      const response = await toResponse(form.content(row), mapping, context);
      if (isEmpty(response)) yield { id, ok: false, failure: failure('server_error', 'it gave an empty answer', context), ...(response.usage && { usage: response.usage }), raw };
      else yield { id, ok: true, response, raw };
    } catch (error) {
      yield { id, ok: false, failure: toProviderFailure(error, context), raw };
    }
  }
}

/** Whether a stream of rows has one for the line. */
export async function hasRowFor(lineId: string, pieces: AsyncIterable<Uint8Array>, form: RowForm, context: FailureContext): Promise<boolean> {
  for await (const { row } of readRows(pieces, context)) if (row !== null && form.id(row) === lineId) return true;
  return false;
}

async function* readRows(pieces: AsyncIterable<Uint8Array>, context: FailureContext): AsyncGenerator<{ raw: string; row: Record<string, unknown> | null }> {
  try {
    for await (const raw of splitLines(pieces)) yield { raw, row: parseRow(raw) };
  } catch (error) {
    if (error instanceof RangeError) throw failure('server_error', `its results can't be read: ${error.message}`, context, { cause: error });
    throw error;
  }
}

function parseRow(raw: string): Record<string, unknown> | null {
  try {
    return objectOf(JSON.parse(raw));
  } catch {
    return null;
  }
}

/** An object of someone's JSON; null for anything else. */
export function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null; // Any object is one by name.
}

function isEmpty({ text, toolCalls, finishReason }: ProviderResponse): boolean {
  return text === '' && toolCalls.length === 0 && finishReason === 'stop';
}

async function toResponse(content: RowContent, mapping: LineMapping, context: FailureContext): Promise<ProviderResponse> {
  if (content === null) throw failure('server_error', 'its result row has neither an answer nor an error', context);
  if ('answer' in content) return mapping.parse(content.answer);
  if ('unanswered' in content) throw failure('timeout', content.unanswered, context);
  if ('error' in content) throw toProviderFailure(content.error, context);
  throw toProviderFailure(new APICallError({ message: 'refused', url: '', requestBodyValues: {}, statusCode: content.refused.status, responseBody: JSON.stringify(content.refused.body ?? '') }), context);
}
