import { Readable } from 'node:stream';
import { z } from 'zod';
import type { ExportableRun } from '../../domain/exports/run-document.js';
import { resultsCsv } from './results-csv.js';
import { resultsJson, resultsJsonLines } from './results-json.js';
import { resultsMarkdown } from './results-markdown.js';
import { resultsPdf } from './results-pdf.js';
import { signedArchive } from './signed-archive.js';
import type { SigningKey } from './signing-key.js';

export const exportFormats = ['json', 'jsonl', 'csv', 'markdown', 'pdf', 'zip'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportQuery = z.strictObject({ format: z.enum(exportFormats).default('zip').describe('zip: signed; verify it with `conclave verify` or POST /api/exports/verify') });
export type ExportQuery = z.infer<typeof exportQuery>;

interface RenderedExport {
  contentType: string;
  extension: string;
  body: Readable;
}

/** A run in a format, as a stream. Every format tells provider, model and panel. `key` is asked for what is signed only. */
export function renderExport(run: ExportableRun, format: ExportFormat, key: () => SigningKey): RenderedExport {
  switch (format) {
    case 'json':
      return { contentType: 'application/json; charset=utf-8', extension: 'json', body: bytes(resultsJson(run)) };
    case 'jsonl':
      return { contentType: 'application/x-ndjson; charset=utf-8', extension: 'jsonl', body: bytes(resultsJsonLines(run)) };
    case 'csv':
      return { contentType: 'text/csv; charset=utf-8', extension: 'csv', body: bytes(resultsCsv(run)) };
    case 'markdown':
      return { contentType: 'text/markdown; charset=utf-8', extension: 'md', body: bytes(resultsMarkdown(run)) };
    case 'pdf':
      return { contentType: 'application/pdf', extension: 'pdf', body: resultsPdf(run) };
    case 'zip':
      return { contentType: 'application/zip', extension: 'zip', body: bytes(signedArchive(run, key(), new Date())) };
    default: {
      const never: never = format;
      return never;
    }
  }
}

function bytes(pieces: AsyncIterable<string | Uint8Array>): Readable {
  return Readable.from(pieces, { objectMode: false });
}
