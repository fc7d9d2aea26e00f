import { createHash, randomBytes } from 'node:crypto';

/** A fresh key: `ck_` and 256 random bits in base64url. It is shown once and stored as its hash only. */
export function newApiKey(): string {
  return `ck_${randomBytes(32).toString('base64url')}`;
}

/** A fresh id of a key: `key_` and 96 random bits. */
export function newApiKeyId(): string {
  return `key_${randomBytes(12).toString('hex')}`;
}

/** sha256 (hex) of a key. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** What of a key may be shown, to recognise it by. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, Math.min(9, Math.floor(key.length / 2)));
}

/**
 * The key a request presents: `Authorization: Bearer …`, else `x-api-key`; null: none. Clients of either vendor send one of them, some both.
 * @example presentedKey({ authorization: 'Bearer ck_1' }) === 'ck_1'
 */
export function presentedKey(headers: { authorization?: string | undefined; 'x-api-key'?: string | string[] | undefined }): string | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  const plain = headers['x-api-key'];
  return bearer ?? (typeof plain === 'string' && plain !== '' ? plain : null);
}
