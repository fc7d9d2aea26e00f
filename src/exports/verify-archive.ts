import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Writable, type Readable } from 'node:stream';
import { createInflateRaw, crc32 } from 'node:zlib';
import { promisify } from 'node:util';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { exportManifestSchema, fingerprintOf, manifestBytes, type ExportManifest } from '../../domain/exports/export-manifest.js';
import { packArchive, type PackedFile } from './packed-archive.js';
import { isSignedBy } from './signing-key.js';

/** What verification found. `valid` needs everything; `errors` says in plain words what is wrong, and which file was changed. */
export interface Verification {
  valid: boolean;
  /** The manifest is signed by the key the archive carries. */
  signatureValid: boolean;
  /** That key is one of the trusted ones; null: none was named, so who signed is for the reader to judge by the fingerprint. */
  keyTrusted: boolean | null;
  /** Every file has the hash the manifest names, and the archive has nothing else in it. */
  hashMatch: boolean;
  changedFiles: string[];
  missingFiles: string[];
  extraFiles: string[];
  errors: string[];
  /** sha256 (hex) of the raw public key in the archive; null where that can't be read. */
  fingerprint: string | null;
  /** Null where it can't be read. Not to be believed unless `valid`. */
  manifest: ExportManifest | null;
}

/** More than this is no manifest, signature or key, in bytes. */
const mostSmallBytes = 8 * 1024 * 1024;
/** A signed export has four files. */
const mostFiles = 20;
/** What all files of an archive may unpack to, in bytes; the format itself ends at 4 GB. */
const mostUnpackedBytes = 4 * 1024 ** 3;
const signedParts = ['manifest.json', 'signature.txt', 'public_key.txt'];

/**
 * Verifies a signed archive on disk without server or database: signature, key, the hash of every file, and that the archive's own bytes are exactly those its files make. `trusted`: public keys
 * (base64 of 32 bytes) or fingerprints (hex); empty: any key. Files are read in pieces, and no further than `mostBytes` unpacked.
 */
export async function verifyArchive(path: string, trusted: readonly string[], { mostBytes = mostUnpackedBytes }: { mostBytes?: number } = {}): Promise<Verification> {
  let zip: ZipFile | null = null;
  try {
    zip = await promisify<string, yauzl.Options, ZipFile>(yauzl.open)(path, { lazyEntries: true, autoClose: false, decodeStrings: true, validateEntrySizes: false });
    return await verifyEntries(path, await readEntries(zip, mostBytes), trusted);
  } catch (error) {
    return nothing([`It is no readable ZIP archive: ${messageOf(error).replace(/\.+$/, '')}.`]);
  } finally {
    zip?.close();
  }
}

async function verifyEntries(path: string, entries: readonly ArchiveEntry[], trusted: readonly string[]): Promise<Verification> {
  const small = new Map(entries.flatMap(({ name, content }) => (content === null ? [] : [[name, content] as const])));
  const missing = signedParts.filter((name) => !small.has(name));
  if (missing.length > 0) return { ...nothing([`It lacks ${missing.join(', ')}: it is not a signed export.`]), missingFiles: missing };
  const manifestText = small.get('manifest.json') ?? Buffer.alloc(0);
  const publicKey = base64Line(small.get('public_key.txt'));
  const fingerprint = publicKey.length === 32 ? fingerprintOf(publicKey) : null;
  const parsed = parseManifest(manifestText);
  const signatureValid = isSignedBy(publicKey, manifestText, base64Line(small.get('signature.txt')));
  const keyTrusted = trusted.length === 0 ? null : fingerprint !== null && trusted.some((key) => key.toLowerCase() === fingerprint || sameKey(key, publicKey));
  const found = parsed.ok ? compare(parsed.manifest, entries) : { changedFiles: [], missingFiles: [], extraFiles: [] };
  const isOnlyPacked = (name: string): boolean => parsed.ok && entries.some((entry) => entry.name === name && entry.sha256 === parsed.manifest.files[name]?.sha256);
  const errors = [
    ...(parsed.ok ? [] : [parsed.error]),
    ...(signatureValid ? [] : ['The signature does not fit manifest.json and public_key.txt: one of the three was changed.']),
    ...(parsed.ok && fingerprint !== parsed.manifest.key_id ? [`The manifest names key ${parsed.manifest.key_id.slice(0, 16)}…, but the archive carries ${fingerprint?.slice(0, 16) ?? 'no readable key'}….`] : []),
    ...(keyTrusted === false ? [`The key ${fingerprint ?? 'in the archive'} is not the trusted one.`] : []),
    ...found.changedFiles.map((name) => (isOnlyPacked(name) ? `${name} was packed anew after signing: its content is as signed, its bytes in the archive are not.` : `${name} was changed after signing.`)),
    ...found.missingFiles.map((name) => `${name} is missing.`),
    ...found.extraFiles.map((name) => `${name} was added after signing.`),
  ];
  if (errors.length === 0 && !(await isExactly(path, entries))) errors.push("The archive's own structure was changed after signing (its files were not).");
  const hashMatch = parsed.ok && Object.values(found).every((names) => names.length === 0);
  return { valid: errors.length === 0, signatureValid, keyTrusted, hashMatch, ...found, errors, fingerprint, manifest: parsed.ok ? parsed.manifest : null };
}

function nothing(errors: string[]): Verification {
  return { valid: false, signatureValid: false, keyTrusted: null, hashMatch: false, changedFiles: [], missingFiles: [], extraFiles: [], errors, fingerprint: null, manifest: null };
}

function sameKey(text: string, publicKey: Buffer): boolean {
  return Buffer.from(text, 'base64').equals(publicKey);
}

// Exactly as it is written: base64 readers forgive what would be a change unseen.
function base64Line(content: Buffer | undefined): Buffer {
  const bytes = Buffer.from(content?.toString('latin1') ?? '', 'base64');
  return content?.equals(Buffer.from(`${bytes.toString('base64')}\n`)) === true ? bytes : Buffer.alloc(0);
}

function parseManifest(text: Buffer): { ok: true; manifest: ExportManifest } | { ok: false; error: string } {
  try {
    const value = JSON.parse(text.toString('utf8')) as Record<string, unknown>;
    const parsed = exportManifestSchema.safeParse(value);
    if (!parsed.success) return { ok: false, error: `manifest.json is not a manifest: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}.` };
    if (!text.equals(manifestBytes(value))) return { ok: false, error: 'manifest.json is not in canonical form (RFC 8785).' };
    return { ok: true, manifest: parsed.data };
  } catch {
    return { ok: false, error: 'manifest.json is no JSON.' };
  }
}

function compare(manifest: ExportManifest, entries: readonly ArchiveEntry[]): Pick<Verification, 'changedFiles' | 'missingFiles' | 'extraFiles'> {
  const there = new Map(entries.map((entry) => [entry.name, entry]));
  const named = new Set([...Object.keys(manifest.files), 'results.json']);
  return {
    changedFiles: Object.entries(manifest.files).flatMap(([name, wanted]) => {
      const entry = there.get(name);
      return entry && (entry.sha256 !== wanted.sha256 || entry.packedSha256 !== wanted.packed_sha256 || entry.bytes !== wanted.bytes) ? [name] : [];
    }),
    missingFiles: [...named].filter((name) => !there.has(name)),
    extraFiles: entries.map(({ name }) => name).filter((name) => !signedParts.includes(name) && !named.has(name)),
  };
}

interface ArchiveEntry {
  name: string;
  method: PackedFile['method'];
  bytes: number;
  crc32: number;
  sha256: string | null;
  packedSha256: string;
  /** Of manifest, signature and key. */
  content: Buffer | null;
  raw(): Promise<Readable>;
}

async function readEntries(zip: ZipFile, mostBytes: number): Promise<ArchiveEntry[]> {
  if (zip.entryCount > mostFiles) throw new Error(`it has ${String(zip.entryCount)} files, where a signed export has 4`);
  const listed: Entry[] = [];
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      listed.push(entry);
      zip.readEntry();
    });
    zip.once('end', resolve);
    zip.once('error', reject);
    zip.readEntry();
  });
  const names = listed.map(({ fileName }) => fileName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`'${twice}' is in it twice`);
  const entries: ArchiveEntry[] = [];
  let left = mostBytes;
  for (const entry of listed) {
    const read = await readEntry(zip, entry, left);
    if (read === null) throw new Error(`its files unpack to more than ${String(Math.floor(mostBytes / 1024 ** 2))} MB, which is more than is read`);
    left -= read.bytes;
    entries.push(read);
  }
  return entries;
}

/** Null where it unpacks to more than `mostBytes`. */
async function readEntry(zip: ZipFile, entry: Entry, mostBytes: number): Promise<ArchiveEntry | null> {
  const raw = (): Promise<Readable> => zip.openReadStreamPromise(entry, { decodeFileData: false });
  const packed = createHash('sha256');
  for await (const chunk of await raw()) packed.update(chunk as Buffer);
  // A stream that breaks off has no content; the rest of the archive is looked at all the same.
  const plain = await hashed(entry, raw, mostBytes).catch((error: unknown) => (error instanceof TooMuch ? error : null));
  if (plain instanceof TooMuch) return null;
  return {
    name: entry.fileName,
    method: entry.compressionMethod === 8 ? 'deflated' : 'stored',
    bytes: plain?.bytes ?? entry.uncompressedSize,
    crc32: plain?.crc ?? entry.crc32,
    sha256: plain?.sha256 ?? null,
    packedSha256: packed.digest('hex'),
    content: plain?.content ?? null,
    raw,
  };
}

class TooMuch extends Error {}

async function hashed({ fileName, compressionMethod }: Entry, raw: () => Promise<Readable>, mostBytes: number): Promise<{ sha256: string; bytes: number; crc: number; content: Buffer | null }> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  const isSmall = signedParts.includes(fileName);
  let bytes = 0;
  let crc = 0;
  const sink = new Writable({
    write: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      if (bytes > mostBytes) {
        done(new TooMuch());
        return;
      }
      hash.update(chunk);
      crc = crc32(chunk, crc);
      if (isSmall && bytes <= mostSmallBytes) kept.push(chunk);
      done();
    },
  });
  await (compressionMethod === 8 ? pipeline(await raw(), createInflateRaw(), sink) : pipeline(await raw(), sink));
  return { sha256: hash.digest('hex'), bytes, crc, content: isSmall && bytes <= mostSmallBytes ? Buffer.concat(kept) : null };
}

/** Whether the file on disk is, byte for byte, the archive that its files make: in our order, manifest, signature and key not compressed. */
async function isExactly(path: string, entries: readonly ArchiveEntry[]): Promise<boolean> {
  const made = createHash('sha256');
  const place = ({ name }: ArchiveEntry): string => `${String(signedParts.indexOf(name) + 1)}${name}`;
  const ordered = [...entries].sort((left, right) => (place(left) < place(right) ? -1 : 1));
  const files = ordered.map((entry): PackedFile => ({ name: entry.name, bytes: entry.bytes, crc32: entry.crc32, method: signedParts.includes(entry.name) ? 'stored' : entry.method, packed: () => streamOf(() => entry.raw()) }));
  for await (const chunk of packArchive(files)) made.update(chunk);
  const there = createHash('sha256');
  for await (const chunk of createReadStream(path)) there.update(chunk as Buffer);
  return made.digest('hex') === there.digest('hex');
}

async function* streamOf(raw: () => Promise<Readable>): AsyncIterable<Buffer<ArrayBuffer>> {
  for await (const chunk of await raw()) yield chunk as Buffer<ArrayBuffer>;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
