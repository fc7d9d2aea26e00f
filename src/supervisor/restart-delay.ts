const firstDelayMs = 250;
const longestDelayMs = 15_000;
/** A part that ran this long was well: what happens next starts the count afresh. */
const wellAfterMs = 30_000;

/** Failures in a row, this one included: a part that had been ready for half a minute starts counting anew. `readyForMs` null: it never became ready. */
export function failuresInARow(before: number, readyForMs: number | null): number {
  return readyForMs !== null && readyForMs >= wellAfterMs ? 1 : before + 1;
}

/**
 * Milliseconds until a part is started again after so many failures in a row: doubling from a quarter of a second to 15 s.
 * @example restartDelayMs(1) // 250
 */
export function restartDelayMs(failures: number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** (Math.max(1, failures) - 1));
}
