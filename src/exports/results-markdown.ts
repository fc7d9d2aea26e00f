import type { ExportableRun, RunDocumentBenchmark, RunDocumentSample, RunSummary } from '../../domain/exports/run-document.js';
import { versionNotes } from '../../domain/runs/version-notes.js';
import { accuracyInterval } from '../../domain/statistics/accuracy-interval.js';
import { panelSeats } from './panel-seats.js';
import { costText } from './results-json.js';

/** The protocol of a run: what was asked of whom, what came of it, and every sample in full. */
export async function* resultsMarkdown({ run, benchmarks, samples }: ExportableRun): AsyncIterable<string> {
  yield `# Run ${run.id}\n\n`;
  yield table([
    ['target', `${run.provider} · ${run.model}`],
    ['strategy', run.panel === null ? run.strategy : `${run.strategy} (panel ${run.panel.name}, version ${String(run.panel.version)})`],
    ...seatRows(run.plan),
    ['state', run.reason === null ? run.status : `${run.status}: ${run.reason.message}`],
    ['mode', run.mode],
    ['subset', subsetText(run.subset)],
    ['epochs', String(run.epochs)],
    ['accuracy', accuracyText(run.summary, run.epochs)],
    ['errors', `${String(run.summary.errors)} of ${String(run.summary.samples)}`],
    ['tokens', `${String(run.summary.input_tokens)} in, ${String(run.summary.output_tokens)} out`],
    ['cost', costOf(run.summary)],
    ['metadata', JSON.stringify(run.metadata)],
    ...(run.judge === null ? [] : [['judge', `${run.judge.provider}/${run.judge.model}`] as const]),
    ...(Object.keys(run.config).length === 0 ? [] : [['settings', JSON.stringify(run.config)] as const]),
    ['prices', JSON.stringify(run.price_snapshot)],
    ['code', run.code_version],
    ...versionNotes(run.code_version, run.metadata).map((note) => ['versions', note] as const),
    ['answers', run.simulated ? 'of the simulated provider' : 'of real models'],
    ['from, to', `${run.started_at ?? ''}, ${run.finished_at ?? 'not finished'}`],
  ]);
  for (const benchmark of benchmarks) {
    yield section(benchmark, run.epochs);
    for await (const sample of samples(benchmark.name)) yield sampleText(sample);
  }
}

/** "71.6 % [68.7, 74.3]", or why there is none. */
export function accuracyText(summary: RunSummary, epochs: number): string {
  if (summary.accuracy === null) return 'no sample was answered';
  const percent = (share: number): string => (share * 100).toFixed(1);
  const interval = accuracyInterval(summary, epochs);
  return `${percent(summary.accuracy)} %${interval === null ? '' : ` [${interval.map(percent).join(', ')}]`}`;
}

/** "$0.0123", "at least $0.0123" or "unknown". */
export function costOf(summary: Pick<RunSummary, 'cost_nano_usd' | 'cost_known'>): string {
  const usd = `$${(summary.cost_nano_usd / 1e9).toFixed(4)}`;
  if (summary.cost_known) return usd;
  return summary.cost_nano_usd === 0 ? 'unknown' : `at least ${usd}`;
}

/** "100 items by seed 'x' (sha256-rank-v1)". */
export function subsetText(subset: ExportableRun['run']['subset']): string {
  const part = subset.count !== null ? `${String(subset.count)} items` : subset.percent !== null ? `${String(subset.percent)} %` : 'all items';
  return `${part} by seed '${subset.seed}' (${subset.algorithm})`;
}

/** The seats of a plan, a row for each kind there is: members, reviewers, chairmen. */
export function seatRows(plan: unknown): (readonly [string, string])[] {
  const { members, reviewers, chairmen } = panelSeats(plan);
  const rows = [['members', members], ['reviewers', reviewers], ['chairmen', chairmen]] as const;
  return rows.filter(([name, seats]) => name === 'members' || seats.length > 0).map(([name, seats]) => [name, seats.join(', ') || 'none recorded'] as const);
}

function section(benchmark: RunDocumentBenchmark, epochs: number): string {
  const { summary, dataset } = benchmark;
  const differences = benchmark.differences.map(({ what, official, here }) => `- ${what}: officially ${official}; here ${here}\n`).join('');
  return `\n## ${benchmark.display_name.replaceAll(/\s+/g, ' ')}\n\n${table([
    ['state', benchmark.reason === null ? benchmark.status : `${benchmark.status}: ${benchmark.reason.message}`],
    ['metric', `${benchmark.metric} (${benchmark.badge}, scorer ${benchmark.scorer_version ?? 'none'})`],
    ['accuracy', accuracyText(summary, epochs)],
    ...Object.entries(summary.also).map(([reading, share]) => [`also ${reading}`, `${(share * 100).toFixed(1)} %`] as const),
    ['answered', `${String(summary.done)} of ${String(summary.samples)}; ${String(summary.errors)} errors, ${String(summary.unextracted)} without a readable answer`],
    ['data', dataset === null ? 'not loaded' : `${dataset.source} at ${dataset.revision}, ${dataset.files.map(({ name, sha256, verified }) => `${name} ${sha256 ?? 'unverified'}${unverifiedNote(verified)}`).join(', ')}`],
    ['prompts', benchmark.prompt_hash ?? 'none'],
    ['cost', costOf(summary)],
  ])}${categoriesText('By group', summary.by_group ?? {})}${categoriesText('By category', summary.by_category)}${differences === '' ? '' : `\nDifferences from the official procedure:\n\n${differences}`}`;
}

/** What is said of a hash that was not known beforehand. */
export function unverifiedNote(verified: boolean | undefined): string {
  return verified === false ? ' (unverified: as first seen)' : '';
}

function categoriesText(title: string, categories: RunSummary['by_category']): string {
  const rows = Object.entries(categories).map(([name, { samples, accuracy }]) => [name, accuracy === null ? 'none answered' : `${(accuracy * 100).toFixed(1)} % of ${String(samples)}`] as const);
  return rows.length < 2 ? '' : `\n${title}:\n\n${table(rows)}`;
}

function sampleText(sample: RunDocumentSample): string {
  const asked = sample.messages.map((message) => fence(JSON.stringify(message, null, 1))).join('');
  const failure = sample.failure === null ? '' : `\nNo answer:\n\n${fence(`${sample.failure.code}: ${sample.failure.message}`)}`;
  const answer = sample.answer === null ? '' : `\nAnswer:\n\n${fence(sample.answer)}`;
  // An error is neither right nor wrong, so it has no score.
  const found = `\nExpected ${code(sample.expected)}, read ${code(sample.extracted ?? 'nothing')}: **${sample.verdict ?? sample.status}**${sample.score === null ? '' : `, score ${String(sample.score)}`}\n`;
  return `\n### ${code(sample.item_id)}${sample.epoch > 0 ? `, epoch ${String(sample.epoch)}` : ''}\n\n${asked}${failure}${answer}${found}\n${measures(sample)}\n`;
}

// "412 ms, 90 tokens in, 12 out, $0.000123, 1 call, asked with `{"maxOutputTokens":512}`".
function measures(sample: RunDocumentSample): string {
  return [
    ...(sample.latency_ms === null ? [] : [`${String(sample.latency_ms)} ms`]),
    `${String(sample.input_tokens)} tokens in, ${String(sample.output_tokens)} out`,
    sample.cost_nano_usd === null ? 'cost unknown' : `$${costText(sample)}`,
    `${String(sample.calls)} call${sample.calls === 1 ? '' : 's'}`,
    `asked with ${code(JSON.stringify(sample.parameters))}`,
    ...(sample.choice_order === null ? [] : [`choices in the order ${JSON.stringify(sample.choice_order)}`]),
    ...(sample.finish_reason === null ? [] : [`ended by ${code(sample.finish_reason)}`]),
  ].join(', ');
}

// A fence longer than any in the text; reduced, not spread: an answer may have more runs than a call has arguments.
function fence(text: string): string {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2);
  const marks = '`'.repeat(longest + 1);
  return `${marks}\n${text}\n${marks}\n`;
}

// Of one line, whatever it holds.
function code(text: string): string {
  const marks = '`'.repeat((text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0) + 1);
  const line = text.replaceAll(/\s+/g, ' ');
  return line.startsWith('`') || line.endsWith('`') ? `${marks} ${line} ${marks}` : `${marks}${line}${marks}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const escaped = (text: string): string => text.replaceAll(/[\\`<|]/g, '\\$&').replaceAll(/\s+/g, ' ');
  return `| | |\n|---|---|\n${rows.map(([name, value]) => `| ${escaped(name)} | ${escaped(value)} |`).join('\n')}\n`;
}
