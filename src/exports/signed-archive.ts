import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw } from 'node:zlib';
import { exportSchemaVersion, type ExportableRun } from '../../domain/exports/run-document.js';
import { manifestBytes, type ExportManifest } from '../../domain/exports/export-manifest.js';
import { packArchive, type PackedFile } from './packed-archive.js';
import { resultsJson } from './results-json.js';
import type { SigningKey } from './signing-key.js';

interface Weighed {
  path: string;
  bytes: number;
  crc32: number;
  sha256: string;
  packedSha256: string;
}

/**
 * The signed ZIP of a run, as a stream: `results.json`, `manifest.json`, `signature.txt` (base64 of Ed25519 over the manifest's bytes), `public_key.txt` (base64 of 32 bytes). The results pass through a
 * temporary file, as the manifest names their hash; memory stays flat whatever the run's size.
 */
export async function* signedArchive(run: ExportableRun, key: SigningKey, generatedAt: Date): AsyncIterable<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'conclave-export-'));
  try {
    const results = await weigh(resultsJson(run), join(folder, 'results'));
    const manifest = Buffer.from(manifestBytes(manifestOf(run, { 'results.json': results }, key, generatedAt)));
    const base64 = (bytes: Uint8Array) => Buffer.from(`${Buffer.from(bytes).toString('base64')}\n`);
    yield* packArchive([
      { name: 'results.json', bytes: results.bytes, crc32: results.crc32, method: 'deflated', packed: () => createReadStream(results.path) as AsyncIterable<Buffer<ArrayBuffer>> },
      stored('manifest.json', manifest),
      stored('signature.txt', base64(key.sign(manifest))),
      stored('public_key.txt', base64(key.publicKey)),
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function stored(name: string, content: Buffer<ArrayBuffer>): PackedFile {
  return { name, bytes: content.length, crc32: crc32(content), method: 'stored', packed: () => [content] };
}

function manifestOf({ run, benchmarks }: ExportableRun, files: Record<string, Weighed>, key: SigningKey, generatedAt: Date): ExportManifest {
  return {
    schema_version: exportSchemaVersion,
    run_id: run.id,
    generated_at: generatedAt.toISOString(),
    files: Object.fromEntries(Object.entries(files).map(([name, file]) => [name, { sha256: file.sha256, bytes: file.bytes, packed_sha256: file.packedSha256 }])),
    run: {
      status: run.status, provider: run.provider, model: run.model, strategy: run.strategy, panel: run.panel, plan: run.plan, mode: run.mode, subset: run.subset, epochs: run.epochs, judge: run.judge,
      config: run.config, metadata: run.metadata, price_snapshot: run.price_snapshot, simulated: run.simulated, created_at: run.created_at, finished_at: run.finished_at, summary: run.summary,
    },
    benchmarks: benchmarks.map((benchmark) => ({ ...benchmark })),
    code_version: run.code_version,
    seed: run.subset.seed,
    signature_algorithm: 'ed25519',
    canonicalization: 'RFC8785',
    key_id: key.id,
  };
}

async function weigh(text: AsyncIterable<string>, path: string): Promise<Weighed> {
  const [plain, packed] = [createHash('sha256'), createHash('sha256')];
  let bytes = 0;
  let crc = 0;
  const before = new Transform({
    transform: (chunk: Buffer, _, done) => {
      plain.update(chunk);
      crc = crc32(chunk, crc);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const after = new Transform({
    transform: (chunk: Buffer, _, done) => {
      packed.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.from(text, { objectMode: false }), before, createDeflateRaw(), after, createWriteStream(path));
  return { path, bytes, crc32: crc, sha256: plain.digest('hex'), packedSha256: packed.digest('hex') };
}
