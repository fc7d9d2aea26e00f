import type { Row } from './completions.js';

/** One table per set of columns, in the order of the rows. */
export function markdownTables(rows: Row[]): string {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const columns = Object.keys(row.figures).join('|');
    groups.set(columns, [...(groups.get(columns) ?? []), row]);
  }
  return [...groups.values()].map(tableOf).join('\n\n');
}

function tableOf(rows: Row[]): string {
  const columns = Object.keys(rows[0]?.figures ?? {});
  const lines = rows.map((row) => [row.name, ...columns.map((column) => format(row.figures[column] ?? Number.NaN))]);
  return [['', ...columns], columns.map(() => '---:'), ...lines].map((cells, index) => `| ${(index === 1 ? ['---', ...cells] : cells).join(' | ')} |`).join('\n');
}

function format(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1);
}
