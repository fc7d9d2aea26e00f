import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fingerprintOf } from '../../domain/exports/export-manifest.js';

/** An Ed25519 key that signs exports. */
export interface SigningKey {
  /** sha256 (hex) of the raw public key. */
  id: string;
  /** The 32 raw bytes. */
  publicKey: Buffer;
  sign(bytes: Uint8Array): Buffer;
}

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads a private key as it may stand in BENCH_SIGNING_PRIVATE_KEY: PEM (its line ends may be written as `\n`), or base64 of the 32 raw bytes (64 with the public half). Throws what is wrong with `name`, never the key. */
export function parseSigningKey(text: string, name = 'BENCH_SIGNING_PRIVATE_KEY'): SigningKey {
  const read = privateKeyOf(text.replaceAll('\\n', '\n').trim());
  if (!read.ok) throw new Error(`${name} is ${read.fault}`);
  return signingKey(read.key);
}

/** What is wrong with a private key, as the end of a sentence without the key; null: nothing. */
export function signingKeyFault(text: string): string | null {
  const read = privateKeyOf(text.replaceAll('\\n', '\n').trim());
  return read.ok ? null : read.fault;
}

function privateKeyOf(text: string): { ok: true; key: KeyObject } | { ok: false; fault: string } {
  const makes = '"openssl genpkey -algorithm ed25519" makes one.';
  const raw = text.startsWith('-----') ? null : Buffer.from(text, 'base64');
  if (raw !== null && raw.length !== 32 && raw.length !== 64) return { ok: false, fault: `neither PEM nor base64 of 32 bytes (it decodes to ${String(raw.length)}). ${makes}` };
  let key: KeyObject;
  try {
    key = raw === null ? createPrivateKey(text) : createPrivateKey({ key: Buffer.concat([pkcs8Prefix, raw.subarray(0, 32)]), format: 'der', type: 'pkcs8' });
  } catch {
    return { ok: false, fault: `not a readable private key. ${makes}` };
  }
  return key.asymmetricKeyType === 'ed25519' ? { ok: true, key } : { ok: false, fault: `a ${key.asymmetricKeyType ?? 'unknown'} key; exports are signed with ed25519. ${makes}` };
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length);
  return { id: fingerprintOf(publicKey), publicKey, sign: (bytes) => sign(null, bytes, privateKey) };
}

/** Whether `signature` is that key's over `bytes`. */
export function isSignedBy(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  return verify(null, bytes, createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: 'der', type: 'spki' }), signature);
}

/** File of the key that a home made for itself. */
export function signingKeyFile(home: string): string {
  return join(home, 'keys', 'export-signing.pem');
}

/** The key of this home, made at first use, readable by its owner only. Two processes that make it at once end with the same one. */
export function homeSigningKey(home: string): SigningKey {
  const path = signingKeyFile(home);
  if (!existsSync(path)) writeKey(path);
  // Someone may have copied the file about.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return parseSigningKey(readFileSync(path, 'utf8'), path);
}

/** Makes a new key for this home and keeps the old one's file beside it, named by its id. */
export function rotateSigningKey(home: string): { old: SigningKey | null; new: SigningKey } {
  const path = signingKeyFile(home);
  const old = existsSync(path) ? parseSigningKey(readFileSync(path, 'utf8'), path) : null;
  if (old) renameSync(path, join(dirname(path), `export-signing.${old.id.slice(0, 16)}.retired.pem`));
  writeKey(path);
  return { old, new: homeSigningKey(home) };
}

function writeKey(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  try {
    writeFileSync(path, pem, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // Another process was first: its key is the one.
  }
}
