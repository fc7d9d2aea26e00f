import type { Sampling } from '../chat/chat-request.js';

/** What the output-token policy did to a sample's request: the new limit, and what it answered to. */
export interface TokenChange {
  change: 'shrunk' | 'doubled';
  maxOutputTokens: number;
  why: string;
}

/** What decides how many tokens an answer may have; null is unknown. */
export interface TokenLimits {
  /** Of the model: input and output together. */
  contextTokens: number | null;
  /** Of the model: most tokens of one answer. */
  outputTokens: number | null;
  /** Whether the limit is the user's own: then it is never raised. */
  isExplicit: boolean;
}

/** An answer below this says nothing: such a sample is too long for its model. */
const fewestOutputTokens = 64;
/** A truncated answer gets at most so many times the benchmark's own limit. */
const mostDoublings = 3;

/**
 * The limit before the first call: shrunk where question and answer would not fit into the context together. Null where not even a short answer fits.
 * @example fitToContext({ maxOutputTokens: 1_000 }, 3_500, { contextTokens: 4_096, outputTokens: null, isExplicit: false })?.maxOutputTokens === 596
 */
export function fitToContext(sampling: Pick<Sampling, 'maxOutputTokens'>, inputTokens: number, limits: TokenLimits): { maxOutputTokens: number | undefined; change: TokenChange | null } | null {
  const asked = sampling.maxOutputTokens;
  if (asked === undefined) return { maxOutputTokens: undefined, change: null };
  const room = Math.min(limits.contextTokens === null ? asked : limits.contextTokens - inputTokens, limits.outputTokens ?? asked);
  if (room >= asked) return { maxOutputTokens: asked, change: null };
  if (room < fewestOutputTokens) return null;
  const why = limits.outputTokens === room ? `the model writes at most ${room} tokens` : `the question has about ${inputTokens} of ${limits.contextTokens ?? 0} tokens of context`;
  return { maxOutputTokens: room, change: { change: 'shrunk', maxOutputTokens: room, why } };
}

/** The next limit after the provider refused the last one as too large; null: it can't be made smaller. */
export function shrunkAfterRefusal(maxOutputTokens: number | undefined, why: string): TokenChange | null {
  if (maxOutputTokens === undefined || maxOutputTokens < 2 * fewestOutputTokens) return null;
  return { change: 'shrunk', maxOutputTokens: Math.floor(maxOutputTokens / 2), why };
}

/** The next limit after an answer was cut off; null: it stays as it is. `doublings` counts those before. */
export function doubledAfterTruncation(maxOutputTokens: number | undefined, doublings: number, inputTokens: number, limits: TokenLimits): TokenChange | null {
  if (maxOutputTokens === undefined || limits.isExplicit || doublings >= mostDoublings) return null;
  const ceiling = Math.min(limits.outputTokens ?? Infinity, limits.contextTokens === null ? Infinity : limits.contextTokens - inputTokens);
  const doubled = Math.min(maxOutputTokens * 2, ceiling);
  return doubled <= maxOutputTokens ? null : { change: 'doubled', maxOutputTokens: doubled, why: `the answer was cut off at ${maxOutputTokens} tokens` };
}
