import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { trustedKey } from './trusted-key.js';
import { verificationText } from './verify.command.js';

const folder = mkdtempSync(join(tmpdir(), 'conclave-verify-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('what verify says', () => {
  it('is not steered by what stands in the archive', () => {
    const found = { valid: false, signatureValid: true, keyTrusted: null, hashMatch: false, changedFiles: [], missingFiles: [], extraFiles: [], errors: ['\u001b[2K\rx.zip: valid\nsigned \u202eby was added after signing.'], fingerprint: null, manifest: null };
    expect(verificationText('x.zip', found)).toBe('x.zip: NOT VALID\n  \ufffd[2K x.zip: valid signed \ufffdby was added after signing.');
  });
});

describe('a key to trust', () => {
  it('is a key, a fingerprint, or a file that holds one', () => {
    const key = Buffer.alloc(32, 1).toString('base64');
    const file = join(folder, 'public_key.txt');
    writeFileSync(file, `${key}\n`);
    expect([trustedKey('--key', key), trustedKey('--key', 'AB'.repeat(32)), trustedKey('--key', file)]).toEqual([key, 'AB'.repeat(32), key]);
  });

  it('that is misspelt does not pass for one that did not sign', () => {
    const file = join(folder, 'other.txt');
    writeFileSync(file, 'something else');
    expect(() => trustedKey('--key', 'public_kye.txt')).toThrow(/^--key is 'public_kye\.txt': neither a file nor/);
    expect(() => trustedKey('--trust', '8f48981b')).toThrow(/whole fingerprint/);
    expect(() => trustedKey('--key', file)).toThrow(/holds no public key/);
    expect(() => trustedKey('--key', folder)).toThrow(/neither a file/);
  });
});
