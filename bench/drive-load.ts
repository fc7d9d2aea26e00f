/** What a closed loop did: each of `concurrency` clients asks again as soon as it has its answer. */
export interface LoadResult {
  elapsedMs: number;
  perSecond: number;
  durationsMs: number[];
}

/** Runs `total` requests with `concurrency` of them under way; `send` gets the request's number and tells how long it took. */
export async function driveLoad({ total, concurrency, send }: { total: number; concurrency: number; send: (number: number) => Promise<number> }): Promise<LoadResult> {
  const durationsMs: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < total) durationsMs.push(await send(next++));
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: concurrency }, client));
  const elapsedMs = performance.now() - startedAt;
  return { elapsedMs, perSecond: (total * 1000) / elapsedMs, durationsMs };
}
