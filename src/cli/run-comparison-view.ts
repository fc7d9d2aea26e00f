import { plural } from './figures.js';
import { accuracyText, percent, plainTable } from './run-view.js';
import type { ComparisonOnWire } from './run-wire.js';

/** Runs side by side, then each two of them: how much better the first is on the samples both answered, and whether that could be chance. */
export function comparisonText({ runs, pairs }: ComparisonOnWire): string {
  return [sideBySide(runs), ...pairs.map(pairText)].join('\n\n');
}

function sideBySide(runs: ComparisonOnWire['runs']): string {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.benchmarks)))];
  const table = plainTable(['run', 'target', ...names, 'errors', 'cost']);
  for (const run of runs) {
    const accuracies = names.map((name) => {
      const found = run.benchmarks[name];
      return found ? accuracyText(found, run.epochs) : 'not run';
    });
    const cost = (run.summary.cost_known ? '$' : '≥ $') + (run.summary.cost_nano_usd / 1e9).toFixed(4);
    table.push([run.id, run.provider === 'conclave' ? run.model : `${run.provider}/${run.model}`, ...accuracies, String(run.summary.errors), cost]);
  }
  return table.toString();
}

function pairText({ first, second, differences }: ComparisonOnWire['pairs'][number]): string {
  if (differences.length === 0) return `${first} and ${second} have no sample in common.`;
  const table = plainTable(['benchmark', 'samples', 'difference', '95 % interval', 'only first right', 'only second right', 'McNemar p', '']);
  for (const one of differences) {
    const interval = one.interval_95 ? `[${one.interval_95.map(points).join(', ')}]` : '–';
    table.push([one.benchmark ?? 'all', String(one.items), points(one.mean_difference), interval, String(one.only_first_better), String(one.only_second_better), probability(one.p_mcnemar), one.comparable ? '' : 'not the same questions, prompts or scorer']);
  }
  return `${first} minus ${second}, in percentage points, on the ${plural(differences.at(-1)?.items ?? 0, 'sample')} both answered:\n${table.toString()}`;
}

function points(share: number): string {
  return `${share > 0 ? '+' : ''}${percent(share).replace(' %', '')}`;
}

function probability(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}
