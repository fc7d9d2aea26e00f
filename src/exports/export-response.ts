import { z } from 'zod';
import type { KnownKey } from './signing-keys.store.js';
import type { SigningKey } from './signing-key.js';
import type { Verification } from './verify-archive.js';

const keySchema = z.object({
  kid: z.string().describe('sha256 of the raw key, hex: its fingerprint'),
  algorithm: z.literal('ed25519'),
  public_key: z.string().describe('base64 of 32 bytes'),
  created_at: z.iso.datetime(),
  retired_at: z.iso.datetime().nullable().describe('null: signs now'),
});

/** `GET /api/exports/public-key`. */
export const publicKeySchema = z
  .object({ algorithm: z.literal('ed25519'), public_key: z.string(), public_key_fingerprint: z.string(), keys: z.array(keySchema).describe('All that ever signed here, newest first') })
  .meta({ id: 'ExportKeys' });
export type PublicKeyBody = z.infer<typeof publicKeySchema>;

/** The key in use and the list. */
export function publicKeyBody(key: SigningKey, known: readonly KnownKey[]): PublicKeyBody {
  return {
    algorithm: 'ed25519',
    public_key: key.publicKey.toString('base64'),
    public_key_fingerprint: key.id,
    keys: known.map((one) => ({ kid: one.id, algorithm: 'ed25519', public_key: one.publicKey, created_at: one.createdAt.toISOString(), retired_at: one.retiredAt?.toISOString() ?? null })),
  };
}

/** `POST /api/exports/verify`. */
export const verificationSchema = z
  .object({
    valid: z.boolean(),
    signature_valid: z.boolean(),
    key_trusted: z.boolean().nullable().describe('Whether it is one of the keys the request named; null: it named none'),
    signed_here: z.boolean().describe('Whether the key is one of this installation'),
    hash_match: z.boolean(),
    changed_files: z.array(z.string()),
    missing_files: z.array(z.string()),
    extra_files: z.array(z.string()),
    errors: z.array(z.string()),
    public_key_fingerprint: z.string().nullable(),
    run_id: z.string().nullable(),
    exported_at: z.string().nullable(),
    run: z.record(z.string(), z.unknown()).nullable().describe('Of the manifest; null unless valid'),
    benchmark_count: z.int(),
  })
  .meta({ id: 'Verification' });
export type VerificationBody = z.infer<typeof verificationSchema>;

/** A verification on the wire; what an invalid archive says of itself is not repeated. */
export function verificationBody(found: Verification, signedHere: boolean): VerificationBody {
  const manifest = found.valid ? found.manifest : null;
  return {
    valid: found.valid,
    signature_valid: found.signatureValid,
    key_trusted: found.keyTrusted,
    signed_here: signedHere,
    hash_match: found.hashMatch,
    changed_files: found.changedFiles,
    missing_files: found.missingFiles,
    extra_files: found.extraFiles,
    errors: found.errors,
    public_key_fingerprint: found.fingerprint,
    run_id: manifest?.run_id ?? null,
    exported_at: manifest?.generated_at ?? null,
    run: manifest?.run ?? null,
    benchmark_count: manifest?.benchmarks.length ?? 0,
  };
}

/** `POST /api/exports/import`. */
export const importSchema = z.object({ run_id: z.string(), samples: z.int(), verification: verificationSchema }).meta({ id: 'ImportedRun' });
export type ImportBody = z.infer<typeof importSchema>;
