/** One row of a `.jsonl` data set. Python writes a missing value as `NaN`, which is no JSON: it is read as null. Throws `SyntaxError` for anything else that is not JSON. */
export function parseJsonRow(line: string): unknown {
  return JSON.parse(line.includes('NaN') ? line.replaceAll(/"(?:[^"\\]|\\.)*"|\bNaN\b/g, (found) => (found === 'NaN' ? 'null' : found)) : line);
}
