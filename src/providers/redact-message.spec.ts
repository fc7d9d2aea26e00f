import { describe, expect, it } from '@jest/globals';
import fastCheck from 'fast-check';
import { redactMessage } from './redact-message.js';

describe('redactMessage', () => {
  it('replaces keys of every vendor', () => {
    const keys = ['sk-proj-abc123DEF456', 'sk-ant-api03-xyz_123-456', 'gsk_abcdefgh12345678', 'AIzaSyA1234567890abcdef', 'Bearer abc.def.ghi', 'sk-ab***************yz'];
    for (const key of keys) expect(redactMessage(`Incorrect API key provided: ${key}, sorry`, [], [])).not.toContain(key.slice(4));
    expect(redactMessage('wrong key p@ss w0rd', ['p@ss w0rd'], [])).toBe('wrong key [redacted]');
  });

  it('keeps an ordinary message as it is, on one line', () => {
    expect(redactMessage("The model `gpt-9`\n does not exist.", [], ['Tell me of harbours.'])).toBe('The model `gpt-9` does not exist.');
  });

  it('is cut without leaving half an emoji', () => {
    const words = 'no room '.repeat(38).slice(0, 298);
    expect(redactMessage(`${words}😀😀😀`, [], [])).toBe(`${words}\ufffd…`);
  });

  it('never lets 16 characters of the conversation through', () => {
    const text = fastCheck.string({ minLength: 16, maxLength: 80 });
    fastCheck.assert(
      fastCheck.property(text, fastCheck.string({ maxLength: 40 }), fastCheck.string({ maxLength: 40 }), (spoken, before, after) => {
        const normal = spoken.replace(/\s+/g, ' ').trim();
        fastCheck.pre(normal.length >= 16);
        expect(redactMessage(`${before}${spoken}${after}`, [], [spoken])).not.toContain(normal);
      }),
    );
  });
});
