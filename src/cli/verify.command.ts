import { existsSync, readFileSync } from 'node:fs';
import { verificationBody } from '../exports/export-response.js';
import { verifyArchive, type Verification } from '../exports/verify-archive.js';

/** Verifies a signed export without server or database. Returns the exit code: 0 valid, 1 not. */
export async function verifyCommand(file: string, options: { key: string[]; json?: boolean }): Promise<number> {
  if (!existsSync(file)) throw new Error(`There is no file '${file}'.`);
  const verification = await verifyArchive(file, options.key.map(trustedKey));
  console.log(options.json === true ? JSON.stringify(verificationBody(verification, false), null, 2) : verificationText(file, verification));
  return verification.valid ? 0 : 1;
}

// A key may be given as a file, such as the public_key.txt of another archive.
function trustedKey(key: string): string {
  return existsSync(key) ? readFileSync(key, 'utf8').trim() : key;
}

function verificationText(file: string, found: Verification): string {
  if (!found.valid) return [`${file}: NOT VALID`, ...found.errors.map((error) => `  ${error}`)].join('\n');
  const trust =
    found.keyTrusted === true ? 'which you trust' : 'which nobody vouched for here: compare the fingerprint with the publisher’s, or name it with --key';
  const target = found.manifest ? `run ${found.manifest.run_id}, ${String(found.manifest.run['provider'])} · ${String(found.manifest.run['model'])}, exported ${found.manifest.generated_at}` : '';
  return [`${file}: valid`, `  ${target}`, `  signed by key ${found.fingerprint ?? ''}`, `  ${trust}`].join('\n');
}
