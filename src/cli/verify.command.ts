import { existsSync } from 'node:fs';
import { verificationBody } from '../exports/export-response.js';
import { verifyArchive, type Verification } from '../exports/verify-archive.js';
import { printable } from './figures.js';
import { trustedKey } from './trusted-key.js';

/** Verifies a signed export without server or database. Returns the exit code: 0 valid, 1 not. */
export async function verifyCommand(file: string, options: { key: string[]; json?: boolean }): Promise<number> {
  if (!existsSync(file)) throw new Error(`There is no file '${file}'.`);
  const verification = await verifyArchive(file, options.key.map((key) => trustedKey('--key', key)));
  console.log(options.json === true ? JSON.stringify(verificationBody(verification, false), null, 2) : verificationText(file, verification));
  return verification.valid ? 0 : 1;
}

// Names and texts of an archive are its maker's: they must not steer the terminal that judges it.
/** The verdict for people, and what it rests on. */
export function verificationText(file: string, found: Verification): string {
  if (!found.valid) return [`${file}: NOT VALID`, ...found.errors.map((error) => `  ${printable(error)}`)].join('\n');
  const trust =
    found.keyTrusted === true ? 'which you trust' : 'which nobody vouched for here: compare the fingerprint with the publisher’s, or name it with --key';
  const target = found.manifest ? `run ${found.manifest.run_id}, ${String(found.manifest.run['provider'])} · ${String(found.manifest.run['model'])}, exported ${found.manifest.generated_at}` : '';
  return [`${file}: valid`, `  ${printable(target)}`, `  signed by key ${found.fingerprint ?? ''}`, `  ${trust}`].join('\n');
}
