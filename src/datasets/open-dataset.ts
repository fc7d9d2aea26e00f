import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dispatcher } from 'undici';
import type { Benchmark, DatasetFile, DatasetManifest } from '../../domain/benchmarks/benchmark.js';
import { DatasetFault } from './dataset-fault.js';
import { downloadFile, tagPathOf } from './download-file.js';
import { hashFile } from './hash-file.js';
import { withLock } from './lock-file.js';
import { readRows } from './read-rows.js';

/** Where data sets are kept, and how they are fetched. */
export interface DatasetOptions {
  /** `CONCLAVE_HOME`. */
  home: string;
  /** Connections, by the proxy rules of the product. */
  dispatcher: Dispatcher;
  onProgress?: (progress: { file: string; bytes: number; ofBytes: number | null }) => void;
  attempts?: number;
  retryMs?: number;
  silenceMs?: number;
}

export type DatasetAccess = { ok: true; manifest: DatasetManifest; rows(): AsyncGenerator } | { ok: false; instructions: string };

/**
 * The data set of a benchmark: what ships with the product, what lies in `CONCLAVE_HOME/datasets/<benchmark>/`, else a download to there. Every file is held to its sha256; one whose manifest has none is held to
 * what was first seen (`<file>.sha256` beside it), if that can be read: the page of a proxy is no data set. `ok: false`: a file can't be had here, and what to do. Throws `DatasetFault` for a file that is not what it should be, which is kept aside.
 */
export async function openDataset(benchmark: Pick<Benchmark, 'name' | 'manifest'>, options: DatasetOptions): Promise<DatasetAccess> {
  const files: { file: DatasetFile; path: string }[] = [];
  for (const file of benchmark.manifest.files) {
    const found = await provide(benchmark.name, file, options);
    if (!found.ok) return found;
    files.push(found);
  }
  return {
    ok: true,
    manifest: { ...benchmark.manifest, files: files.map(({ file }) => file) },
    async *rows() {
      for (const { file, path } of files) yield* readRows(path, file.format);
    },
  };
}

type Provided = { ok: true; file: DatasetFile; path: string } | { ok: false; instructions: string };

async function provide(benchmark: string, file: DatasetFile, options: DatasetOptions): Promise<Provided> {
  const shipped = join(shippedFolder(), file.name);
  if (file.url === null && existsSync(shipped)) return { ok: true, path: shipped, file: await verified(shipped, file, { pin: null }) };
  const folder = join(options.home, 'datasets', benchmark);
  const path = join(folder, file.name);
  await mkdir(folder, { recursive: true });
  // One process at a time writes here; others wait, and find the file.
  return withLock(`${path}.lock`, async () => {
    if (!existsSync(path)) {
      if (file.url === null) return { ok: false, instructions: `Put the file '${file.name}'${file.sha256 === null ? '' : ` (sha256 ${file.sha256})`} into ${folder}; it has no address to be downloaded from.` };
      const fetched = await fetchInto(file, file.url, path, options);
      if (fetched !== null) return { ok: false, instructions: `${fetched} Try again later, or put the file into ${folder} as '${file.name}'${file.sha256 === null ? '' : ` (sha256 ${file.sha256})`}.` };
    }
    return { ok: true, path, file: await verified(path, file, { pin: `${path}.sha256` }) };
  });
}

/** Downloads and checks; the file gets its name only when it is whole. Returns why it can't be had, or null. */
async function fetchInto(file: DatasetFile, url: string, path: string, options: DatasetOptions): Promise<string | null> {
  const part = `${path}.part`;
  const download = {
    dispatcher: options.dispatcher,
    onProgress: (bytes: number, ofBytes: number | null) => options.onProgress?.({ file: file.name, bytes, ofBytes: ofBytes ?? file.bytes }),
    attempts: options.attempts ?? 5,
    retryMs: options.retryMs ?? 1_000,
    silenceMs: options.silenceMs ?? 60_000,
    isHashKnown: file.sha256 !== null || (await pinned(`${path}.sha256`)) !== null,
  };
  try {
    await downloadFile(url, part, download);
  } catch (error) {
    if (error instanceof DatasetFault && error.code === 'dataset_unavailable') return error.message;
    throw error;
  }
  await verified(part, file, { pin: `${path}.sha256` });
  await rename(part, path);
  await rm(tagPathOf(part), { force: true });
  return null;
}

/** The file with its own hash and length; a wrong one is put aside. */
async function verified(path: string, file: DatasetFile, { pin }: { pin: string | null }): Promise<DatasetFile> {
  const { sha256, bytes } = await hashFile(path);
  const expected = file.sha256 ?? (pin === null ? null : await pinned(pin));
  if (expected !== null && expected !== sha256) {
    const aside = pin === null ? path : await putAside(path);
    const length = file.bytes === null || file.bytes === bytes ? '' : ` It has ${String(bytes)} bytes instead of ${String(file.bytes)}.`;
    const known = file.sha256 === null ? `the one that was first downloaded (remove ${String(pin)} to accept another)` : 'the manifest';
    throw new DatasetFault('dataset_hash', `'${file.name}' has the sha256 ${sha256}, but ${known} names ${expected}.${length} It is kept as ${aside}; nothing was measured.`);
  }
  if (expected === null && pin !== null) {
    await readWhole(path, file);
    await writeFile(pin, `${sha256}  ${file.name}\n`);
  }
  return { ...file, sha256, bytes, verified: file.sha256 !== null };
}

/** Throws `dataset_invalid` for a file without rows or of another format, and puts it aside. */
async function readWhole(path: string, file: DatasetFile): Promise<void> {
  try {
    if ((await countOf(readRows(path, file.format))) === 0) throw new DatasetFault('dataset_invalid', `'${file.name}' holds no row.`);
  } catch (error) {
    if (!(error instanceof DatasetFault)) throw error;
    throw new DatasetFault(error.code, `${error.message} It is kept as ${await putAside(path)}; nothing was measured.`, error);
  }
}

async function countOf(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const row of rows) if (row !== undefined) count += 1;
  return count;
}

async function pinned(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const found = /^[0-9a-f]{64}/.exec(text)?.[0];
  return found ?? null;
}

async function putAside(path: string): Promise<string> {
  const aside = `${path.replace(/\.part$/, '')}.wrong`;
  await rm(aside, { force: true });
  await rm(tagPathOf(path), { force: true });
  await rename(path, aside);
  return aside;
}

/** `datasets/` of the package: sources and build lie at different depths below it. */
function shippedFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'datasets', 'conclave-mini.jsonl')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'datasets');
}
