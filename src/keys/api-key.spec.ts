import { describe, expect, it } from '@jest/globals';
import { apiKeyPrefix, hashApiKey, newApiKey, presentedKey } from './api-key.js';
import { limitHeaders } from './limit-headers.js';

describe('an API key', () => {
  it('has 256 random bits, and no two are equal', () => {
    expect(newApiKey()).toMatch(/^ck_[\w-]{43}$/);
    expect(newApiKey()).not.toBe(newApiKey());
  });

  it('is known by the first characters, never by more than half', () => {
    expect(apiKeyPrefix('ck_0123456789')).toBe('ck_012');
    expect(apiKeyPrefix(newApiKey())).toHaveLength(9);
  });

  it('is stored as its sha256', () => {
    expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each([
    [{ authorization: 'Bearer ck_1' }, 'ck_1'],
    [{ authorization: 'bearer  ck_1 ' }, 'ck_1'],
    [{ 'x-api-key': 'ck_2' }, 'ck_2'],
    [{ authorization: 'Bearer ck_1', 'x-api-key': 'ck_2' }, 'ck_1'],
    [{ authorization: 'Basic dXNlcg==' }, null],
    [{ authorization: 'Bearer ' }, null],
    [{ 'x-api-key': '' }, null],
    [{}, null],
  ])('is presented by %j as %p', (headers, key) => {
    expect(presentedKey(headers)).toBe(key);
  });
});

describe('limitHeaders', () => {
  it.each([
    [200, '1s'],
    [59_000, '59s'],
    [60_000, '1m0s'],
    [0, '0s'],
  ])('tell %i ms as %s', (resetMs, text) => {
    expect(limitHeaders({ allowed: true, limit: 10, remaining: 3, resetMs })).toEqual({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '3',
      'x-ratelimit-reset-requests': text,
    });
  });
});
