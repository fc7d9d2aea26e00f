/** Most that one provider job may hold; `inputTokens` null: no limit. */
export interface JobLimits {
  lines: number;
  bytes: number;
  inputTokens: number | null;
}

/** What packing must know of one line. */
export interface LineSize {
  /** As one line of the job's input. */
  bytes: number;
  inputTokens: number;
}

/** A job that is being filled; lines keep their order. */
export interface OpenJob<Line extends LineSize> {
  lines: Line[];
  bytes: number;
  inputTokens: number;
}

export function emptyJob<Line extends LineSize>(): OpenJob<Line> {
  return { lines: [], bytes: 0, inputTokens: 0 };
}

/** Whether a line has room in the job as it is. */
export function hasRoom(job: OpenJob<LineSize>, line: LineSize, limits: JobLimits): boolean {
  return job.lines.length < limits.lines && job.bytes + line.bytes <= limits.bytes && (limits.inputTokens === null || job.inputTokens + line.inputTokens <= limits.inputTokens);
}

/** Why a line fits into no job at all; null: it fits. A token limit is the account's for all jobs together, so a line beyond it still gets a job of its own. */
export function tooLarge(line: LineSize, limits: JobLimits): string | null {
  return line.bytes <= limits.bytes ? null : `The request takes ${line.bytes} bytes as a line of a batch, and the provider takes ${limits.bytes} for a whole batch. Shorten it, or use mode 'realtime'.`;
}

/** Adds a line to the job. */
export function addLine<Line extends LineSize>(job: OpenJob<Line>, line: Line): void {
  job.lines.push(line);
  job.bytes += line.bytes;
  job.inputTokens += line.inputTokens;
}

/** How many lines, from the first, cost no more than what is left (null: no cap). */
export function affordable(lines: readonly { nanoUsd: number; tokens: number }[], left: { nanoUsd: number | null; tokens: number | null }): number {
  let nanoUsd = 0;
  let tokens = 0;
  const end = lines.findIndex((line) => {
    nanoUsd += line.nanoUsd;
    tokens += line.tokens;
    return (left.nanoUsd !== null && nanoUsd > left.nanoUsd) || (left.tokens !== null && tokens > left.tokens);
  });
  return end === -1 ? lines.length : end;
}
