import type { ApiErrorFacts } from '../http/api-error.js';
import type { CompletedRecord } from './completion-record.js';
import type { AnswerContext } from './conclave-object.js';

/** A completion's stream in a vendor's words. Each method returns the frames to write now; one encoder serves one stream. */
export interface StreamEncoder {
  /** The beginning, sent at once. */
  start(): string;
  /** A piece of the first answer's text. */
  text(text: string): string;
  /** A call of the panel ended; `note` is a line such as `propose 2/3`. */
  progress(note: string): string;
  /** Nothing, so that proxies keep the connection. */
  keepAlive(): string;
  /** Everything after the first answer's text. */
  finish(record: CompletedRecord, context: AnswerContext): string;
  /** The end of a stream that can't be finished. */
  error(facts: ApiErrorFacts): string;
}
