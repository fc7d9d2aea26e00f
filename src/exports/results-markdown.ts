import type { ExportableRun, RunDocumentBenchmark, RunDocumentSample, RunSummary } from '../../domain/exports/run-document.js';

/** The protocol of a run: what was asked of whom, what came of it, and every sample in full. */
export async function* resultsMarkdown({ run, benchmarks, samples }: ExportableRun): AsyncIterable<string> {
  yield `# Run ${run.id}\n\n`;
  yield table([
    ['target', `${run.provider} · ${run.model}`],
    ['strategy', run.panel === null ? run.strategy : `${run.strategy} (panel ${run.panel.name}, version ${String(run.panel.version)})`],
    ['state', run.reason === null ? run.status : `${run.status}: ${run.reason.message}`],
    ['mode', run.mode],
    ['subset', subsetText(run.subset)],
    ['epochs', String(run.epochs)],
    ['accuracy', accuracyText(run.summary)],
    ['errors', `${String(run.summary.errors)} of ${String(run.summary.samples)}`],
    ['tokens', `${String(run.summary.input_tokens)} in, ${String(run.summary.output_tokens)} out`],
    ['cost', costOf(run.summary)],
    ['consensus', 'gremium_version' in run.metadata ? JSON.stringify(run.metadata) : 'none recorded'],
    ['code', run.code_version],
    ['answers', run.simulated ? 'of the simulated provider' : 'of real models'],
    ['from, to', `${run.started_at ?? ''}, ${run.finished_at ?? 'not finished'}`],
  ]);
  for (const benchmark of benchmarks) {
    yield section(benchmark);
    for await (const sample of samples(benchmark.name)) yield sampleText(sample);
  }
}

/** "71.6 % [68.7, 74.3]", or why there is none. */
export function accuracyText(summary: RunSummary): string {
  if (summary.accuracy === null) return 'no sample was answered';
  const percent = (share: number): string => (share * 100).toFixed(1);
  return `${percent(summary.accuracy)} %${summary.wilson_95 === null ? '' : ` [${summary.wilson_95.map(percent).join(', ')}]`}`;
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

function section(benchmark: RunDocumentBenchmark): string {
  const { summary, dataset } = benchmark;
  const differences = benchmark.differences.map(({ what, official, here }) => `- ${what}: officially ${official}; here ${here}\n`).join('');
  return `\n## ${benchmark.display_name}\n\n${table([
    ['state', benchmark.reason === null ? benchmark.status : `${benchmark.status}: ${benchmark.reason.message}`],
    ['metric', `${benchmark.metric} (${benchmark.badge}, scorer ${benchmark.scorer_version ?? 'none'})`],
    ['accuracy', accuracyText(summary)],
    ['answered', `${String(summary.done)} of ${String(summary.samples)}; ${String(summary.errors)} errors, ${String(summary.unextracted)} without a readable answer`],
    ['data', dataset === null ? 'not loaded' : `${dataset.source} at ${dataset.revision}, ${dataset.files.map(({ name, sha256 }) => `${name} ${sha256 ?? 'unverified'}`).join(', ')}`],
    ['prompts', benchmark.prompt_hash ?? 'none'],
    ['cost', costOf(summary)],
  ])}${differences === '' ? '' : `\nDifferences from the official procedure:\n\n${differences}`}`;
}

function sampleText(sample: RunDocumentSample): string {
  const asked = sample.messages.map((message) => fence(JSON.stringify(message, null, 1))).join('');
  const failure = sample.failure === null ? '' : `\nNo answer: ${sample.failure.code}: ${sample.failure.message}\n`;
  const answer = sample.answer === null ? '' : `\nAnswer:\n\n${fence(sample.answer)}`;
  const found = `\nExpected \`${sample.expected}\`, read \`${sample.extracted ?? 'nothing'}\`: **${sample.verdict ?? sample.status}**, score ${String(sample.score ?? 0)}\n`;
  return `\n### ${sample.item_id}${sample.epoch > 0 ? `, epoch ${String(sample.epoch)}` : ''}\n\n${asked}${failure}${answer}${found}`;
}

// A fence longer than any in the text.
function fence(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}\n${text}\n${marks}\n`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return `| | |\n|---|---|\n${rows.map(([name, value]) => `| ${name} | ${escaped(value)} |`).join('\n')}\n`;
}
