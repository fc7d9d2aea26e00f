import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { compactBundle } from './compact-bundle.js';

const mark = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,';
const map = { version: 3, file: 'bundle.js', sources: ['/a/vote.ts'], names: ['vote'], mappings: 'AAAA', sourcesContent: ['export const long = 1; // → …'] };

function bundleOf(code: string): string {
  return `${code}\n${mark}${Buffer.from(JSON.stringify(map)).toString('base64')}`;
}

function mapOf(bundle: string): unknown {
  return JSON.parse(Buffer.from(bundle.slice(bundle.lastIndexOf(mark) + mark.length), 'base64').toString());
}

describe('compactBundle', () => {
  it('leaves no character beyond one byte, and the code means what it meant', () => {
    const code = "/* W = ((m − 1) ρ̄ + 1) / m */ const n = 3; ({ text: 'a…b', emoji: '🙂', template: `${n}–${n + 1}`, fits: /^[—🙂]$/u.test('🙂'), latin: 'Ä·' })";
    const compact = compactBundle(bundleOf(code));
    expect(compact).not.toMatch(/[\u0100-\uffff]/);
    expect(runInNewContext(compact)).toEqual({ text: 'a…b', emoji: '🙂', template: '3–4', fits: true, latin: 'Ä·' });
  });

  it('leaves alone what an escape would change', () => {
    expect(runInNewContext(compactBundle(bundleOf(String.raw`'\—'`)))).toBe('—');
  });

  it('drops the texts of the sources from the map, and nothing else', () => {
    const { sourcesContent: _texts, ...rest } = map;
    expect(mapOf(compactBundle(bundleOf('1')))).toEqual(rest);
  });

  it('refuses a bundle without a source map, which the SDK could not load either', () => {
    expect(() => compactBundle('1')).toThrow(/no source map/);
  });
});
