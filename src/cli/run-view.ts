import Table from 'cli-table3';
import { versionNotes } from '../../domain/runs/version-notes.js';
import { accuracyInterval } from '../../domain/statistics/accuracy-interval.js';
import { duration } from './duration.js';
import { exitCodes } from './exit-codes.js';
import { fittedTable } from './fitted-table.js';
import { compact, cost, money, plural, printable, progressBar, shortCost, shortened } from './figures.js';
import type { BenchmarkOnWire, ListedBenchmark, RunOnWire, SampleOnWire } from './run-wire.js';

/** The exit code that the state of a run means; null: it goes on. A pause for a cap ends a watch, as nothing happens until someone raises it; other pauses may end. */
export function runExitCodeOf({ status, reason }: Pick<RunOnWire, 'status' | 'reason'>): number | null {
  if (status === 'succeeded') return exitCodes.done;
  if (status === 'canceled') return exitCodes.error;
  if (reason?.code === 'cost_cap' || reason?.code === 'token_cap') return exitCodes.costLimit;
  return status === 'failed' ? exitCodes.error : null;
}

/** A run as a screen of `width` columns shows it; `elapsedSeconds`: since the state was told, by which ends have come nearer. */
export function runScreen(run: RunOnWire, { width, elapsedSeconds }: { width: number; elapsedSeconds: number }): string {
  return [flowed(summary(run, elapsedSeconds), width), progressBar(shareDone(run), width), ...benchmarkRows(run, width, elapsedSeconds), ...notes(run)].join('\n');
}

/** A run in one line, for logs. */
export function runLine(run: RunOnWire): string {
  const parts = run.benchmarks.map((one) => [`${printable(one.name)} ${answered(one)}`, ...(one.accuracy == null ? [] : [accuracyText(one, run.epochs)]), ...(one.errors > 0 ? [plural(one.errors, 'error')] : [])].join(' '));
  return [...summary(run, 0), ...parts, ...(run.reason ? [printable(run.reason.message)] : [])].join(' · ');
}

/** What of a run is worth a line when it changes: states, and each percent. */
export function runMilestone(run: RunOnWire): string {
  const ofOne = (one: BenchmarkOnWire): unknown => [one.status, one.samples === 0 ? 0 : Math.floor((100 * (one.done + one.errors)) / one.samples)];
  return JSON.stringify([run.status, run.reason?.code, run.benchmarks.map(ofOne)]);
}

/** Runs, newest first, one line each, for a screen of `width` columns. */
export function runList(runs: readonly RunOnWire[], width: number): string {
  const isWide = width >= 140;
  const head = ['id', 'status', 'done', 'target', 'accuracy', ...(isWide ? ['benchmarks', 'errors', 'cost', 'created', 'tags'] : [])];
  const rows = runs.map((run) => {
    const accuracies = run.benchmarks.map((one) => (one.accuracy == null ? '–' : percent(one.accuracy))).join(', ');
    const row = [run.id, run.status, total(run), target(run), accuracies];
    return isWide ? [...row, run.benchmarks.map(({ name }) => name).join(', '), String(sum(run, (one) => one.errors)), shortCost(costs(run)), run.created_at.replace('T', ' ').slice(5, 16), run.tags.join(', ')] : row;
  });
  return fittedTable({ head, rows, flexible: [3, 4, 5, 9].slice(0, isWide ? 4 : 2), right: [2, 6, 7], width });
}

/** Samples, one line each, with what was expected and found, for a screen of `width` columns; on a narrow one the run, which is the same for all, is left out of their ids. */
export function sampleList(samples: readonly SampleOnWire[], width: number): string {
  const rows = samples.map((one) => [width >= 120 ? one.id : one.id.slice(one.id.indexOf('.') + 1), one.item_id, String(one.epoch), one.verdict ?? one.status, one.expected, one.failure ? `${one.failure.code}: ${one.failure.message}` : (one.extracted ?? '')]);
  return fittedTable({ head: ['sample', 'item', 'epoch', 'verdict', 'expected', 'found'], rows, flexible: [1, 4, 5], right: [2], width });
}

/** Benchmarks that can be run, each with how it differs from the official procedure, for a screen of `width` columns. */
export function benchmarkTable(benchmarks: readonly ListedBenchmark[], width: number): string {
  const procedure = ({ badge, differences, verified }: ListedBenchmark): string => badge + (differences.length === 0 ? '' : `: ${differences.map(({ what }) => what).join(', ')}`) + (verified === false ? '; data unverified' : '');
  const rows = benchmarks.map((one) => [one.name, String(one.items), one.dataset.licence, one.metric, procedure(one)]);
  return fittedTable({ head: ['name', 'items', 'licence', 'number', 'procedure'], rows, flexible: [3, 4], right: [1], width });
}

/** Accuracy with its 95 % interval. */
export function accuracyText({ accuracy, wilson_95: wilson, standard_error: error }: Pick<BenchmarkOnWire, 'accuracy' | 'wilson_95' | 'standard_error'>, epochs: number): string {
  if (accuracy == null) return '–';
  const interval = accuracyInterval({ accuracy, wilson_95: wilson ?? null, standard_error: error ?? null }, epochs);
  return percent(accuracy) + (interval ? ` [${interval.map((bound) => (100 * bound).toFixed(1)).join('–')}]` : '');
}

/** Accuracies by further readings of the same answers, such as `strict 71.2 %`. */
function alsoText({ also }: BenchmarkOnWire): string {
  return Object.entries(also ?? {}).map(([reading, share]) => `${reading} ${percent(share)}`).join(', ');
}

/** A share as people write it. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A table without the lines between rows. */
export function plainTable(head: string[], colAligns: ('left' | 'right')[] = []): InstanceType<typeof Table> {
  return new Table({ head, style: { head: [], border: [], compact: true }, colAligns });
}

function summary(run: RunOnWire, elapsedSeconds: number): string[] {
  const errors = sum(run, (one) => one.errors);
  const eta = etaOf(run);
  return [
    run.id,
    run.status,
    target(run),
    ...(run.mode === 'batch' ? ['batch'] : []),
    `${total(run)} done`,
    ...(errors > 0 ? [plural(errors, 'error')] : []),
    `${compact(tokens(run))}${run.token_cap ? ` of ${compact(run.token_cap)}` : ''} tokens`,
    `${cost(costs(run))}${run.cost_cap_usd ? ` of ${money(run.cost_cap_usd)}` : ''}`,
    ...(eta === null ? [] : [`ETA ${duration(eta - elapsedSeconds)}`]),
    ...(run.simulated ? ['simulated'] : []),
    ...('imported' in run.metadata ? ['imported'] : []),
  ];
}

/** The table needs so many columns; on a narrower screen each benchmark has two lines instead, so that nothing is left out. */
const tableWidth = 132;

function benchmarkRows(run: RunOnWire, width: number, elapsedSeconds: number): string[] {
  return width >= tableWidth ? [benchmarksTable(run, elapsedSeconds)] : benchmarkLines(run, width, elapsedSeconds);
}

function benchmarksTable(run: RunOnWire, elapsedSeconds: number): string {
  const table = plainTable(['benchmark', 'state', 'done', 'accuracy', 'errors', 'tokens', 'cost', 'ETA', 'rate'], ['left', 'left', 'right', 'left', 'right', 'right', 'right', 'right', 'right']);
  for (const one of run.benchmarks) {
    const { tokens: count, eta, rate } = pace(one, elapsedSeconds);
    table.push([shortened(printable(one.name), 24), stateText(one), answered(one), accuracyText(one, run.epochs), String(one.errors), count, shortCost(one), eta, rate]);
  }
  return table.toString();
}

// What is known of it, then what it takes; nothing of the second before it has begun.
function benchmarkLines(run: RunOnWire, width: number, elapsedSeconds: number): string[] {
  const rows = run.benchmarks.map((one) => [shortened(printable(one.name), 14), stateText(one), answered(one), accuracyText(one, run.epochs), plural(one.errors, 'error')]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return run.benchmarks.flatMap((one, index) => {
    const [name = '', state = '', done = '', accuracy = '', errors = ''] = rows[index] ?? [];
    const [progress, result] = [`${name.padEnd(widths[0] ?? 0)}  ${state.padEnd(widths[1] ?? 0)}  ${done.padStart(widths[2] ?? 0)}`, `  ${accuracy.padEnd(widths[3] ?? 0)}  ${errors}`];
    const first = progress.length + result.length > width ? [progress, result] : [progress + result];
    if (one.input_tokens + one.output_tokens === 0 && one.done + one.errors === 0) return first;
    const { tokens: count, eta, rate } = pace(one, elapsedSeconds);
    return [...first, flowed([`  ${count} tokens`, cost(one), ...(rate === '' ? [] : [rate]), ...(eta === '' ? [] : [`ETA ${eta}`])], width)];
  });
}

// Broken between two parts, not within one.
function flowed(parts: readonly string[], width: number): string {
  return parts.reduce((text, part) => (text.length - text.lastIndexOf('\n') - 1 + 3 + part.length > width ? `${text}\n${part}` : `${text} · ${part}`));
}

function stateText({ status }: BenchmarkOnWire): string {
  return status.replace('_', ' ');
}

function pace(one: BenchmarkOnWire, elapsedSeconds: number): { tokens: string; eta: string; rate: string } {
  return {
    tokens: compact(one.input_tokens + one.output_tokens),
    eta: one.eta_seconds == null ? '' : duration(one.eta_seconds - elapsedSeconds),
    rate: one.rate_per_second == null ? '' : `${rounded(one.rate_per_second)}/s`,
  };
}

// What a number alone would hide.
function notes(run: RunOnWire): string[] {
  const unread = run.benchmarks.filter((one) => one.unextracted > 0).map((one) => `${one.name}: ${plural(one.unextracted, 'answer')} could not be read by the scorer's rule: scored 0.`);
  const also = run.benchmarks.filter((one) => alsoText(one) !== '').map((one) => `${one.name} by other readings: ${alsoText(one)}.`);
  const flags = [
    ...(run.metadata.gremium_changed ? ['The Gremium was another one at the end of the run than at its start.'] : []),
    ...(run.metadata.judge_is_member ? [`The judge ${run.metadata.judge_is_member} is also a member of what was measured.`] : []),
    ...versionNotes(run.code_version, run.metadata),
  ];
  const told = run.reason?.message ?? '';
  const reasons = run.benchmarks.filter((one) => one.reason && !told.includes(one.reason.message)).map((one) => `${one.name}: ${one.reason?.message ?? ''}`);
  const batches = run.benchmarks.filter((one) => one.batch_id && one.status === 'running').map((one) => `${one.name}: in batch ${one.batch_id ?? ''}, see "conclave batch status ${one.batch_id ?? ''}".`);
  return [...(told === '' ? [] : [told]), ...reasons, ...batches, ...also, ...unread, ...flags].flatMap((note) => note.split('\n')).map(printable);
}

function etaOf({ benchmarks }: RunOnWire): number | null {
  const running = benchmarks.find((one) => one.eta_seconds != null);
  if (!running?.rate_per_second) return null;
  // Those that have not begun are thought to go at the pace of this one.
  const later = benchmarks.filter((one) => one.status === 'pending');
  if (later.some((one) => one.samples === 0)) return null;
  return (running.eta_seconds ?? 0) + later.reduce((seconds, one) => seconds + (one.samples - one.done - one.errors) / (running.rate_per_second ?? 1), 0);
}

function target({ provider, model }: RunOnWire): string {
  return printable(provider === 'conclave' ? model : `${provider}/${model}`);
}

function answered({ done, errors, samples }: BenchmarkOnWire): string {
  return `${String(done + errors)}/${samples === 0 ? '?' : String(samples)}`;
}

function total(run: RunOnWire): string {
  return `${String(sum(run, (one) => one.done + one.errors))}/${String(sum(run, (one) => one.samples))}`;
}

function shareDone(run: RunOnWire): number {
  // A benchmark whose samples are not loaded yet is none of the share, but not nothing.
  const shares = run.benchmarks.map((one) => (one.samples === 0 ? 0 : (one.done + one.errors) / one.samples));
  if (run.benchmarks.some((one) => one.samples === 0)) return shares.reduce((all, share) => all + share, 0) / Math.max(1, shares.length);
  return sum(run, (one) => one.done + one.errors) / Math.max(1, sum(run, (one) => one.samples));
}

function tokens(run: RunOnWire): number {
  return sum(run, (one) => one.input_tokens + one.output_tokens);
}

function costs({ benchmarks }: RunOnWire): { cost_usd: number | null; cost_known: boolean } {
  const usd = benchmarks.reduce((all, one) => all + (one.cost_usd ?? 0), 0);
  const isKnown = benchmarks.every((one) => one.cost_known);
  // Nothing is not the least that something unknown costs.
  return { cost_usd: isKnown || usd > 0 ? usd : null, cost_known: isKnown };
}

function rounded(rate: number): string {
  return rate >= 10 ? String(Math.round(rate)) : rate.toFixed(rate >= 1 ? 1 : 2);
}

function sum({ benchmarks }: RunOnWire, of: (one: BenchmarkOnWire) => number): number {
  return benchmarks.reduce((all, one) => all + of(one), 0);
}
