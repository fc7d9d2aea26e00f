/** Longest wait we take from a provider: 10 minutes; more is its mistake, and the call's own deadline comes first anyway. */
const longestMs = 600_000;

/** Milliseconds a provider asks to wait: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date; undefined where it asks nothing readable. */
export function retryAfterMs(headers: Record<string, string> | undefined, now: number): number | undefined {
  const milliseconds = Number(headers?.['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return Math.min(Math.ceil(milliseconds), longestMs);
  const text = headers?.['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(0, Math.ceil(wait)), longestMs) : undefined;
}
