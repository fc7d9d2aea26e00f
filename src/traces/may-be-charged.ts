import type { CallRow } from './call-row.js';

/**
 * SQL: whether a provider may have charged for a row of `calls`. An answer is charged; a call that was cut off, by a cancellation or a time-out,
 * may be, and its cost is unknown; a refusal is free, and so is a line of a batch that its provider's job never came to. `alias` names the table in the statement.
 */
export function mayBeCharged(alias: string): string {
  return `(${alias}.outcome IN ('succeeded', 'canceled') OR (${alias}.failure_code IS NOT DISTINCT FROM 'timeout' AND ${alias}.mode <> 'batch'))`;
}

/** The same rule for a row that was read. */
export function isMaybeCharged(call: Pick<CallRow, 'outcome' | 'failure_code' | 'mode'>): boolean {
  return call.outcome !== 'failed' || (call.failure_code === 'timeout' && call.mode !== 'batch');
}
