import { extname } from 'node:path';

/** What a run can be exported as. */
export const exportFormats = ['zip', 'json', 'jsonl', 'csv', 'markdown', 'pdf'] as const;
type ExportFormat = (typeof exportFormats)[number];

const byExtension: Record<string, ExportFormat> = { '': 'zip', '.zip': 'zip', '.json': 'json', '.jsonl': 'jsonl', '.ndjson': 'jsonl', '.csv': 'csv', '.md': 'markdown', '.markdown': 'markdown', '.pdf': 'pdf' };

/** The format that was asked for, else the one that the name of the file says: a `report.pdf` is no ZIP. */
export function exportFormat({ format, output }: { format?: string; output?: string }): string {
  if (format !== undefined) return format;
  const extension = output === undefined ? '' : extname(output).toLowerCase();
  const found = Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined;
  if (found === undefined) throw new Error(`The name '${output ?? ''}' does not say which format is meant: add --format with one of ${exportFormats.join(', ')}.`);
  return found;
}
