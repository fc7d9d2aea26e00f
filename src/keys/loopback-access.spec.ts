import { describe, expect, it } from '@jest/globals';
import { openAccessFault, refuseToBind, type LocalRequest } from './loopback-access.js';

const local: LocalRequest = { remoteAddress: '127.0.0.1', host: '127.0.0.1:8000', origin: undefined, secFetchSite: undefined, secFetchMode: undefined };

describe('openAccessFault', () => {
  it.each<[string, Partial<LocalRequest>]>([
    ['a process of this machine', {}],
    ['its IPv6', { remoteAddress: '::1', host: '[::1]:8000' }],
    ['IPv4 in IPv6', { remoteAddress: '::ffff:127.0.0.1' }],
    ['localhost', { host: 'LOCALHOST:8000' }],
    ['a name below localhost', { host: 'conclave.localhost:8000' }],
    ['its own pages', { origin: 'http://127.0.0.1:8000', secFetchSite: 'same-origin', secFetchMode: 'cors' }],
    ['a link from another site', { secFetchSite: 'cross-site', secFetchMode: 'navigate' }],
  ])('lets %s in', (_, request) => {
    expect(openAccessFault({ ...local, ...request })).toBeNull();
  });

  it.each<[string, Partial<LocalRequest>]>([
    ['another machine', { remoteAddress: '192.168.1.7' }],
    ['nobody', { remoteAddress: undefined }],
    ['a rebound name', { host: 'evil.example:8000' }],
    ['a name that only begins like loopback', { host: '127.0.0.1.evil.example' }],
    ['a name that only ends like localhost', { host: 'evillocalhost' }],
    ['a request without Host', { host: undefined }],
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page of another port', { origin: 'http://127.0.0.1:3000' }],
    ['a sandboxed page', { origin: 'null' }],
    ['an image of another site', { secFetchSite: 'cross-site', secFetchMode: 'no-cors' }],
  ])('keeps %s out', (_, request) => {
    expect(openAccessFault({ ...local, ...request })).not.toBeNull();
  });
});

describe('refuseToBind', () => {
  it.each([
    ['127.0.0.1', false, true],
    ['localhost', false, true],
    ['[::1]', false, true],
    ['::1', false, true],
    ['0.0.0.0', false, false],
    ['0.0.0.0', true, true],
    ['192.168.1.7', false, false],
    ['::', false, false],
  ])('HOST %s, keys %p: binds %p', (host, keysExist, binds) => {
    expect(refuseToBind(host, keysExist) === null).toBe(binds);
  });

  it('says what to do', () => {
    expect(refuseToBind('0.0.0.0', false)).toMatch(/HOST.*conclave keys create.*CONCLAVE_BOOTSTRAP_KEY.*127\.0\.0\.1/);
  });
});
