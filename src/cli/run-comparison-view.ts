import { plural, printable } from './figures.js';
import { accuracyText, percent, plainTable } from './run-view.js';
import type { ComparisonOnWire } from './run-wire.js';

/** Runs side by side, then each two of them: how much better the first is on the samples both answered, and whether that could be chance; for a screen of `width` columns. */
export function comparisonText({ runs, pairs }: ComparisonOnWire, width: number): string {
  return [sideBySide(runs, width), ...pairs.map((pair) => pairText(pair, width))].join('\n\n');
}

function sideBySide(runs: ComparisonOnWire['runs'], width: number): string {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.benchmarks)))];
  const rows = runs.map((run) => {
    const accuracies = names.map((name) => {
      const found = run.benchmarks[name];
      return found ? accuracyText(found, run.epochs) : 'not run';
    });
    const usd = `$${(run.summary.cost_nano_usd / 1e9).toFixed(4)}`;
    // Nothing is not the least that something unknown costs.
    const cost = run.summary.cost_known ? usd : run.summary.cost_nano_usd === 0 ? '?' : `≥ ${usd}`;
    return [run.id, printable(run.provider === 'conclave' ? run.model : `${run.provider}/${run.model}`), ...accuracies, String(run.summary.errors), cost];
  });
  return tableOrLines(['run', 'target', ...names, 'errors', 'cost'], rows, width);
}

function pairText({ first, second, differences }: ComparisonOnWire['pairs'][number], width: number): string {
  if (differences.length === 0) return `${first} and ${second} have no sample in common.`;
  const rows = differences.map((one) => {
    const interval = one.interval_95 ? `[${one.interval_95.map(points).join(', ')}]` : '–';
    return [one.benchmark ?? 'all', String(one.items), points(one.mean_difference), interval, String(one.only_first_better), String(one.only_second_better), probability(one.p_mcnemar), one.comparable ? '' : 'not the same questions, prompts or scorer'];
  });
  const table = tableOrLines(['benchmark', 'samples', 'difference', '95 % interval', 'only first right', 'only second right', 'McNemar p', ''], rows, width);
  return `${first} minus ${second}, in percentage points, on the ${plural(differences.at(-1)?.items ?? 0, 'sample')} both answered:\n${table}`;
}

// Broken lines can't be read: what is too wide for the screen has a line for each figure instead.
function tableOrLines(head: string[], rows: string[][], width: number): string {
  const table = plainTable(head);
  table.push(...rows);
  const text = table.toString();
  if (Math.max(...text.split('\n').map(({ length }) => length)) <= width) return text;
  return rows.map(([name = '', ...cells]) => [name, ...cells.flatMap((cell, index) => (cell === '' ? [] : [`  ${head[index + 1] || 'note'}: ${cell}`]))].join('\n')).join('\n');
}

function points(share: number): string {
  return `${share > 0 ? '+' : ''}${percent(share).replace(' %', '')}`;
}

function probability(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}
