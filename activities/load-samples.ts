import { createHash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { procedureOf } from '../domain/benchmarks/benchmark-procedure.js';
import type { Benchmark, BenchmarkItem } from '../domain/benchmarks/benchmark.js';
import { takeSubset } from '../domain/benchmarks/seeded-rank.js';
import type { ChatMessage, Sampling } from '../domain/chat/chat-request.js';
import { sampleId } from '../domain/runs/sample-id.js';
import type { NewSample } from '../src/runs/run-samples.store.js';
import type { RunAtWork, RunConfig } from '../src/runs/run-state.store.js';
import { withHeartbeats } from './heartbeats.js';
import type { RunActivities } from './run-activities.js';
import { benchmarkNamed, runAtWork } from './run-parts.js';
import type { OpenedDataset, RunParts } from './run-parts.js';

/** Samples written in one statement. */
const groupSize = 500;
/** Milliseconds between two tellings of how a download comes along. */
const tellEveryMs = 1_000;

// A CommonJS module that exports the function itself; its types describe an ES module.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** The activity that writes the samples of a benchmark. The data is read twice, for ids and for texts, so that memory does not grow with it; a repetition writes nothing twice. */
export function createLoadSamples(parts: RunParts): RunActivities['loadSamples'] {
  return async ({ runId, benchmark: name }) => {
    const context = Context.current();
    const run = await runAtWork(parts.state, runId);
    const benchmark = benchmarkNamed(name);
    const standing = (await parts.state.benchmarks(runId)).find((candidate) => candidate.benchmark === name);
    await parts.state.beginBenchmark(runId, name);
    let progress: unknown = 'opening';
    if (standing?.sampleCount != null) {
      // Taken up again, maybe by a later version of the product, whose scorer must not stand beside the earlier one's.
      await withHeartbeats(context, parts.scores.align(runId, benchmark, (scored) => { progress = { scored }; }), () => progress);
      return { samples: standing.sampleCount, needsSetup: null };
    }
    return withHeartbeats(context, toldOnce(loadBenchmark(parts, run, benchmark, (told) => { progress = told; })), () => progress);
  };
}

/** Opens the data of a benchmark and writes its samples. `tell` hears how it comes along. */
export async function loadBenchmark(parts: Pick<RunParts, 'state' | 'samples' | 'openDataset'>, run: RunAtWork, benchmark: Benchmark, tell: (progress: unknown) => void): Promise<{ samples: number; needsSetup: string | null }> {
  const dataset = await parts.openDataset(benchmark, downloadTeller(parts, run, benchmark, tell));
  if (!dataset.ok) {
    await parts.state.endBenchmark(run.id, benchmark.name, 'needs_setup', { code: 'needs_setup', message: dataset.instructions });
    return { samples: 0, needsSetup: dataset.instructions };
  }
  const { ids, count } = await idsOf(benchmark, dataset);
  const chosen = new Map(takeSubset(ids, run.subset).map(({ id }, position) => [id, position]));
  const promptHashes = Buffer.alloc(32 * chosen.size);
  let group: NewSample[] = [];
  let written = 0;
  const write = async (): Promise<void> => {
    await parts.samples.insert(run.id, benchmark.name, group);
    written += group.length;
    group = [];
    tell({ written });
  };
  for await (const item of itemsOf(benchmark, dataset)) {
    const position = chosen.get(item.id);
    if (position === undefined) continue;
    const samples = samplesOf(run, benchmark, item, { position, size: chosen.size });
    const [first] = samples;
    if (first) hashOf(first.request.messages).copy(promptHashes, 32 * position);
    group.push(...samples);
    if (group.length >= groupSize) await write();
  }
  if (group.length > 0) await write();
  const samples = chosen.size * run.epochs;
  const promptHash = createHash('sha256').update(hexLines(promptHashes)).digest('hex');
  await parts.state.loaded(run.id, benchmark.name, { samples, manifest: { ...dataset.manifest, count }, promptHash, scorerVersion: benchmark.scorerVersion, procedure: procedureOf(benchmark) });
  return { samples, needsSetup: null };
}

/** Tells readers of the run how a download comes along, now and then. */
function downloadTeller({ state }: Pick<RunParts, 'state'>, run: RunAtWork, benchmark: Benchmark, tell: (progress: unknown) => void): Parameters<RunParts['openDataset']>[1] {
  let toldAt = 0;
  return (progress) => {
    tell(progress);
    if (Date.now() - toldAt < tellEveryMs) return;
    toldAt = Date.now();
    // The next one tells as much.
    state.tellLoading(run.id, benchmark.name, { code: 'downloading', message: `Downloading '${progress.file}': ${kilobytes(progress.bytes)}${progress.ofBytes === null ? '' : ` of ${kilobytes(progress.ofBytes)}`} kB.` }).catch(() => undefined);
  };
}

function kilobytes(bytes: number): string {
  return String(Math.ceil(bytes / 1_000));
}

// Files that are wrong stay wrong: a hash that does not fit is told with both, and nothing is measured.
async function toldOnce<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('dataset_')) throw ApplicationFailure.nonRetryable(error.message, error.code);
    throw error;
  }
}

async function idsOf(benchmark: Benchmark, dataset: OpenedDataset): Promise<{ ids: { id: string }[]; count: number }> {
  const seen = new Set<string>();
  for await (const { id } of itemsOf(benchmark, dataset)) {
    if (seen.has(id)) throw ApplicationFailure.nonRetryable(`The data set of '${benchmark.name}' has two items with the id '${id}'.`, 'dataset_invalid');
    seen.add(id);
  }
  return { ids: [...seen].map((id) => ({ id })), count: seen.size };
}

async function* itemsOf(benchmark: Benchmark, dataset: OpenedDataset): AsyncGenerator<BenchmarkItem> {
  let index = 0;
  for await (const row of dataset.rows()) {
    const item = readRow(benchmark, row, index++);
    if (item !== null) yield item;
  }
}

function readRow(benchmark: Benchmark, row: unknown, index: number): BenchmarkItem | null {
  try {
    return benchmark.read(row, index);
  } catch (error) {
    throw ApplicationFailure.nonRetryable(`Row ${index} of the data set of '${benchmark.name}' is not as its loader expects: ${error instanceof Error ? error.message.slice(0, 500) : String(error)}`, 'dataset_invalid');
  }
}

// Epoch by epoch in the subset's order.
function samplesOf(run: RunAtWork, benchmark: Benchmark, item: BenchmarkItem, { position, size }: { position: number; size: number }): NewSample[] {
  const { messages, order, expected } = benchmark.prompt(item, run.subset.seed);
  const request = { messages: withSystem(messages, run.config), sampling: samplingOf(benchmark.sampling, run.config) };
  return Array.from({ length: run.epochs }, (_, epoch) => {
    const ordinal = epoch * size + position;
    return { id: sampleId(run.id, benchmark.name, ordinal), ordinal, epoch, item, order, expected, request };
  });
}

function withSystem(messages: ChatMessage[], { system_prompt: system }: RunConfig): ChatMessage[] {
  return system === undefined ? messages : [{ role: 'system', content: system }, ...messages];
}

function samplingOf(sampling: Sampling, { temperature, max_tokens: maxOutputTokens }: RunConfig): Sampling {
  return { ...sampling, ...(temperature === undefined ? {} : { temperature }), ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
}

function hashOf(messages: ChatMessage[]): Buffer {
  return createHash('sha256').update(canonicalize(messages) ?? '').digest();
}

/** One line per prompt in the order of the samples of an epoch: its sha256 in hex. */
function hexLines(hashes: Buffer): string {
  return Array.from({ length: hashes.length / 32 }, (_, index) => `${hashes.toString('hex', 32 * index, 32 * index + 32)}\n`).join('');
}
