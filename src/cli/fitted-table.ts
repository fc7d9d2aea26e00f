import Table from 'cli-table3';
import { printable, shortened } from './figures.js';

/** A column that can be made narrower keeps at least so much. */
const least = 8;

/** A table without lines between rows, for a screen of `width` columns: where it is too wide, the columns in `flexible` are shortened, the widest first. */
export function fittedTable({ head, rows: given, flexible, right = [], width }: { head: string[]; rows: string[][]; flexible: number[]; right?: number[]; width: number }): string {
  const rows = given.map((row) => row.map(printable));
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const room = width - 3 * head.length - 1;
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over -= 1) {
    const widest = flexible.reduce((best, index) => ((widths[index] ?? 0) > (widths[best] ?? 0) ? index : best), flexible[0] ?? 0);
    if ((widths[widest] ?? 0) <= least) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  const table = new Table({ head, style: { head: [], border: [], compact: true }, colAligns: head.map((_, index) => (right.includes(index) ? 'right' : 'left')) });
  for (const row of rows) table.push(row.map((cell, index) => shortened(cell, widths[index] ?? cell.length)));
  return table.toString();
}
