import { stringify } from 'csv-stringify/sync';
import type { ExportableRun, RunDocumentBenchmark, RunDocumentSample, RunDocumentRun } from '../../domain/exports/run-document.js';
import { panelSeats } from './panel-seats.js';
import { costText } from './results-json.js';

type Column = [name: string, value: (sample: RunDocumentSample, run: RunDocumentRun, benchmark: RunDocumentBenchmark) => string | number | null];

const columns: readonly Column[] = [
  ['run_id', (_, run) => run.id],
  ['provider', (_, run) => run.provider],
  ['model', (_, run) => run.model],
  ['strategy', (_, run) => run.strategy],
  ['panel', (_, run) => (run.panel === null ? '' : `${run.panel.name}@${String(run.panel.version)}`)],
  ['members', (_, run) => panelSeats(run.plan).members.join(', ')],
  ['reviewers', (_, run) => panelSeats(run.plan).reviewers.join(', ')],
  ['chairmen', (_, run) => panelSeats(run.plan).chairmen.join(', ')],
  ['consensus_metadata', (_, run) => JSON.stringify(run.metadata)],
  ['simulated', (_, run) => String(run.simulated)],
  ['code_version', (_, run) => run.code_version],
  ['mode', (_, run) => run.mode],
  ['subset_percent', (_, run) => run.subset.percent],
  ['subset_count', (_, run) => run.subset.count],
  ['subset_seed', (_, run) => run.subset.seed],
  ['run_status', (_, run) => run.status],
  ['benchmark', (_sample, _run, benchmark) => benchmark.name],
  ['dataset_revision', (_sample, _run, benchmark) => benchmark.dataset?.revision ?? null],
  ['prompt_hash', (_sample, _run, benchmark) => benchmark.prompt_hash],
  ['scorer_version', (sample, _run, benchmark) => sample.scorer_version ?? benchmark.scorer_version],
  ['item_id', (sample) => sample.item_id],
  ['epoch', (sample) => sample.epoch],
  ['category', (sample) => sample.category],
  ['status', (sample) => sample.status],
  ['prompt', (sample) => JSON.stringify(sample.messages)],
  ['parameters', (sample) => JSON.stringify(sample.parameters)],
  ['choice_order', (sample) => (sample.choice_order === null ? null : JSON.stringify(sample.choice_order))],
  ['response', (sample) => sample.answer],
  ['finish_reason', (sample) => sample.finish_reason],
  ['expected', (sample) => sample.expected],
  ['extracted', (sample) => sample.extracted],
  ['verdict', (sample) => sample.verdict],
  ['score', (sample) => sample.score],
  ['latency_ms', (sample) => sample.latency_ms],
  ['input_tokens', (sample) => sample.input_tokens],
  ['output_tokens', (sample) => sample.output_tokens],
  ['cost_usd', (sample) => costText(sample)],
  ['calls', (sample) => sample.calls],
  ['error', (sample) => (sample.failure === null ? '' : `${sample.failure.code}: ${sample.failure.message}`)],
];

/** One row per sample (RFC 4180), texts whole, zero as `0`, unknown as an empty field. A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
export async function* resultsCsv({ run, benchmarks, samples }: ExportableRun): AsyncIterable<string> {
  yield stringify([columns.map(([name]) => name)]);
  for (const benchmark of benchmarks)
    for await (const sample of samples(benchmark.name)) yield stringify([columns.map(([, value]) => cell(value(sample, run, benchmark)))]);
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const isFormula = /^[\s\u0000]*[=+\-@＝＋－＠]|^[\t\r\n]/.test(value) && !/^-?\d{1,30}(?:\.\d{1,30})?$/.test(value);
  return isFormula ? `'${value}` : value;
}
