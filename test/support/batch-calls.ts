import { readFileSync } from 'node:fs';
import type { BatchCallOptions, BatchLine, BatchResult, JobMarker } from '../../src/providers/batch-provider.js';

/** A job of a vendor as `test/fixtures/providers/<name>.json` has it, and its files as JSON lines. */
export interface BatchFixture {
  body: Record<string, unknown>;
  output: string;
  errors: string;
}

export function batchFixture(name: string): BatchFixture {
  const { body, output = [], errors = [] } = JSON.parse(readFileSync(`test/fixtures/providers/${name}.json`, 'utf8')) as { body: Record<string, unknown>; output?: unknown[]; errors?: unknown[] };
  const lines = (rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return { body, output: lines(output), errors: lines(errors) };
}

/** Five seconds for a step, and nobody who gives up. */
export function patient(more: Partial<BatchCallOptions> = {}): BatchCallOptions {
  return { signal: new AbortController().signal, timeoutMs: 5_000, ...more };
}

export function marker(more: Partial<JobMarker> = {}): JobMarker {
  return { jobId: 'pjob_1', model: 'm', endpoint: '', inputReference: null, lines: 2, firstLineId: 'line-1', createStartedAt: Date.parse('2026-11-21T12:00:00Z'), ...more };
}

export function linesFrom(lines: readonly BatchLine[]): () => AsyncIterable<BatchLine> {
  return async function* () {
    for (const line of lines) yield await Promise.resolve(line);
  };
}

/** All results, briefly: the text and finish reason of an answer, the code of a failure. */
export async function outcomes(results: AsyncIterable<BatchResult>): Promise<Record<string, string>> {
  const told: Record<string, string> = {};
  for await (const result of results) told[result.id] = result.ok ? `${result.response.text} (${result.response.finishReason})` : result.failure.code;
  return told;
}
