/** Whether the text is a public key as `trusted` lists of verification take it: base64 of 32 bytes, or its fingerprint (64 hexadecimal digits). */
export function isTrustedKey(text: string): boolean {
  return /^[0-9a-f]{64}$/i.test(text) || (/^[A-Za-z0-9+/]{43}=$/.test(text) && Buffer.from(text, 'base64').length === 32);
}
