import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { parseJsonRow } from '../../domain/benchmarks/parse-json-row.js';
import { DatasetFault } from './dataset-fault.js';

/** Rows of a parquet file decoded at once. */
const rowsAtOnce = 1_000;

/** The rows of a file, a few in memory at a time. Throws `dataset_invalid` for a file that is not of its format. */
export function readRows(path: string, format: 'jsonl' | 'parquet'): AsyncGenerator {
  return format === 'parquet' ? parquetRows(path) : jsonRows(path);
}

async function* jsonRows(path: string): AsyncGenerator {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    number++;
    if (line.trim() === '') continue;
    yield parsed(line, `${path}: line ${String(number)}`);
  }
}

function parsed(line: string, where: string): unknown {
  try {
    return parseJsonRow(line);
  } catch (error) {
    throw new DatasetFault('dataset_invalid', `${where} is not JSON: '${line.slice(0, 60)}'.`, error);
  }
}

async function* parquetRows(path: string): AsyncGenerator {
  const file = await asyncBufferFromFile(path);
  const refuse = (error: unknown): never => {
    throw new DatasetFault('dataset_invalid', `${path} is not a parquet file: ${error instanceof Error ? error.message : String(error)}`, error);
  };
  const metadata = await parquetMetadataAsync(file).catch(refuse);
  const count = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < count; rowStart += rowsAtOnce) yield* await parquetReadObjects({ file, metadata, rowStart, rowEnd: Math.min(count, rowStart + rowsAtOnce) }).catch(refuse);
}
