import { readFileSync, statSync } from 'node:fs';
import { isTrustedKey } from '../exports/trusted-key.js';

/** A key to trust as the command line names it: base64, its fingerprint, or a file that holds one, such as the `public_key.txt` of another archive. A misspelt one throws: it must not pass for a key that did not sign. */
export function trustedKey(option: string, text: string): string {
  const isFile = statSync(text, { throwIfNoEntry: false })?.isFile() === true;
  const key = isFile ? readFileSync(text, 'utf8').trim() : text;
  if (isTrustedKey(key)) return key;
  throw new Error(isFile ? `${option}: the file ${text} holds no public key (base64 of 32 bytes) and no fingerprint (64 hexadecimal digits).` : `${option} is '${text}': neither a file nor a public key (base64 of 32 bytes) nor a whole fingerprint (64 hexadecimal digits).`);
}
