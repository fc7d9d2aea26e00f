import { exportSchemaVersion, type ExportableRun, type RunDocumentBenchmark, type RunDocumentSample } from '../../domain/exports/run-document.js';
import { panelSeats } from './panel-seats.js';

/** `results.json` (`RunDocument`) in pieces of a few samples each, so that a run of any size is never in memory. */
export async function* resultsJson({ run, benchmarks, samples }: ExportableRun): AsyncIterable<string> {
  yield `{"schema_version":${JSON.stringify(exportSchemaVersion)},"run":${JSON.stringify(run)},"benchmarks":[`;
  for (const [index, benchmark] of benchmarks.entries()) {
    yield `${index === 0 ? '' : ','}${JSON.stringify(benchmark).slice(0, -1)},"samples":[`;
    let separator = '\n';
    for await (const sample of samples(benchmark.name)) {
      yield `${separator}${JSON.stringify(sample)}`;
      separator = ',\n';
    }
    yield '\n]}';
  }
  yield ']}\n';
}

/** One line per sample, with the run, target and benchmark it belongs to. */
export async function* resultsJsonLines({ run, benchmarks, samples }: ExportableRun): AsyncIterable<string> {
  for (const benchmark of benchmarks)
    for await (const sample of samples(benchmark.name)) yield `${JSON.stringify({ ...identity(run, benchmark), ...sample })}\n`;
}

function identity(run: ExportableRun['run'], benchmark: RunDocumentBenchmark): Record<string, unknown> {
  return {
    run_id: run.id, provider: run.provider, model: run.model, strategy: run.strategy, panel: run.panel === null ? null : `${run.panel.name}@${String(run.panel.version)}`, ...panelSeats(run.plan), consensus_metadata: run.metadata,
    simulated: run.simulated, code_version: run.code_version, mode: run.mode, subset: run.subset, benchmark: benchmark.name, dataset_revision: benchmark.dataset?.revision ?? null, prompt_hash: benchmark.prompt_hash,
  };
}

/** A sample's cost in USD as exact text, such as `0.000123` or `0`; empty where unknown. */
export function costText(sample: Pick<RunDocumentSample, 'cost_nano_usd'>): string {
  return sample.cost_nano_usd === null ? '' : (sample.cost_nano_usd / 1e9).toFixed(9).replace(/\.?0+$/, '');
}
