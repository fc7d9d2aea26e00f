import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import canonicalizeModule from 'canonicalize';
import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** `manifest.json` of a signed archive: what the signature covers. */
export const exportManifestSchema = z.object({
  schema_version: z.string(),
  run_id: z.string(),
  generated_at: z.string(),
  files: z.record(
    z.string(),
    z.object({ sha256: hash, bytes: z.int(), packed_sha256: hash.describe('Of the bytes as they lie in the archive') }),
  ),
  run: z.record(z.string(), z.unknown()).describe('Provider, model, panel, consensus metadata and price snapshot'),
  benchmarks: z.array(z.record(z.string(), z.unknown())).describe('Data set revisions and hashes, prompt hashes, scorer versions'),
  code_version: z.string(),
  seed: z.string(),
  signature_algorithm: z.literal('ed25519'),
  canonicalization: z.literal('RFC8785'),
  key_id: hash.describe('sha256 of the raw public key'),
});
export type ExportManifest = z.infer<typeof exportManifestSchema>;

// Typed as a module by its declarations, a function at run time.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string;

/** The bytes that are signed, and that `manifest.json` consists of: RFC 8785 of the whole value, also of keys that only a later version knows. */
export function manifestBytes(manifest: ExportManifest | Record<string, unknown>): Uint8Array {
  return new TextEncoder().encode(canonicalize(manifest));
}

/** Fingerprint of a key: sha256 (hex) of the 32 raw bytes of its public half. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return bytesToHex(sha256(publicKey));
}
