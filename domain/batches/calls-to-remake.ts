import type { BatchCallStatus } from './batch-status.js';

/** A planned call of an item. */
export interface PlannedCall {
  id: string;
  key: string;
  status: BatchCallStatus;
}

/**
 * The failed calls of a failed item that are made anew when it is retried, as ids: those of the stage it reached, in the panel and in each seat that is a panel. Later stages were asked
 * about what earlier ones gave, so a failed call that others were built on without it stays failed; what has its answer is never asked again.
 */
export function callsToRemake(calls: readonly PlannedCall[]): string[] {
  const reached = new Map<string, number>();
  for (const { key } of calls) for (const { scope, rank } of placesOf(key)) reached.set(scope, Math.max(rank, reached.get(scope) ?? 0));
  return calls.filter(({ key, status }) => status === 'failed' && placesOf(key).every(({ scope, rank }) => rank >= (reached.get(scope) ?? 0))).map(({ id }) => id);
}

/** Where a key stands: in the panel (scope `''`), and in each seat on its path, with the stage's rank there. */
function placesOf(key: string): { scope: string; rank: number }[] {
  const segments = key.split(':');
  return segments.map((segment, depth) => ({ scope: segments.slice(0, depth).join(':'), rank: rankOf(segment) }));
}

const judged = 100;
const final = 200;

// Layers of proposals one after the other, then what is said about them (and its repairs, which are of layer 0), then the final answer (and its repair).
function rankOf(segment: string): number {
  const [stage, layer] = segment.split('/');
  switch (stage) {
    case 'vote':
    case 'review':
    case 'judge':
      return judged;
    case 'aggregate':
    case 'chairman':
      return final;
    case 'repair':
      return layer === '1' ? final : judged;
    default:
      return Number(layer ?? 0);
  }
}
