import type { FilesStore } from '../files/files.store.js';
import { writeFile } from '../files/write-file.js';
import type { BatchItemsStore } from './batch-items.store.js';
import type { BatchRow } from './batches.store.js';
import { openaiResultLine } from './openai-result-line.js';
import type { BatchItemStatus } from '../../domain/batches/batch-status.js';

const statusesOf: Record<'output' | 'error', BatchItemStatus[]> = { output: ['succeeded'], error: ['failed', 'canceled'] };

/** Writes a batch's output and error file, line by line; null for one that would be empty. The ids derive from the batch's, so that a repetition replaces what an attempt before left. */
export async function writeOutputs(parts: { files: FilesStore; items: BatchItemsStore }, batch: BatchRow): Promise<{ outputFileId: string | null; errorFileId: string | null }> {
  return { outputFileId: await write(parts, batch, 'output'), errorFileId: await write(parts, batch, 'error') };
}

async function write({ files, items }: { files: FilesStore; items: BatchItemsStore }, batch: BatchRow, suffix: 'output' | 'error'): Promise<string | null> {
  const file = { id: `file-${batch.id.replace(/^batch_/, '')}-${suffix}`, caller: batch.caller, purpose: 'batch_output' as const, filename: `${batch.id}_${suffix}.jsonl` };
  const written = await writeFile(files, file, lines());
  if (written.bytes > 0) return written.id;
  await files.remove(written.id);
  return null;

  async function* lines(): AsyncGenerator<string> {
    for await (const item of items.results(batch.id, statusesOf[suffix])) yield openaiResultLine(item, batch);
  }
}
