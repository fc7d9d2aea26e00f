import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fastest } from '../../test/support/fastest.js';
import { readJson } from './read-json.js';

const documents = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
/** Words around a document, without what could be one itself. */
const prose = fc.stringMatching(/^[A-Za-z ,.:!\n]{0,60}$/);

describe('reading the JSON of a reply', () => {
  it.each([
    ['bare', (json: string) => json],
    ['in a json fence', (json: string) => `\`\`\`json\n${json}\n\`\`\``],
    ['in a bare fence', (json: string) => `\`\`\`\n${json}\n\`\`\`\n`],
    ['in a fence closed on the last line', (json: string) => `\`\`\`json\n${json}\`\`\``],
    ['in a fence never closed', (json: string) => `\`\`\`json\n${json}`],
    ['in a fence on one line', (json: string) => `\`\`\`json ${json} \`\`\``],
    ['in an indented fence', (json: string) => `1. Here:\n   \`\`\`JSON\n   ${json}\n   \`\`\`\n`],
    ['after thinking', (json: string) => `<think>maybe {"no": 1}</think>\n${json}`],
  ])('finds any document %s', (_, wrap) => {
    fc.assert(fc.property(documents, (value) => expect(readJson(wrap(JSON.stringify(value)))).toEqual([value])));
  });

  it('finds any document with words around it, fenced or not', () => {
    fc.assert(
      fc.property(documents, prose, prose, fc.boolean(), (value, before, after, isFenced) => {
        const json = JSON.stringify(value, null, 2);
        expect(readJson(isFenced ? `${before}\n\`\`\`json\n${json}\n\`\`\`\n${after}` : `${before}${json}${after}`)).toEqual([value]);
      }),
    );
  });

  it('forgives a comma before any closing bracket, and leaves texts alone', () => {
    const withCommas = (value: unknown): string => {
      if (Array.isArray(value)) return `[${value.map((item) => `${withCommas(item)} ,`).join('')}\n]`;
      if (typeof value !== 'object' || value === null) return JSON.stringify(value);
      return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${withCommas(item)},`).join(' ')} }`;
    };
    fc.assert(fc.property(documents, (value) => expect(readJson(withCommas(value))).toEqual([value])));
    expect(readJson('{"a": ",]", "b": "\\",}",}')).toEqual([{ a: ',]', b: '",}' }]);
  });

  it.each(['[,]', '{,}', '[1,,]', '{"a":,}', '{"a": 1', '{"a": 1}}'.slice(0, 6), "{'a': 1}", '{a: 1}', 'nothing', '', '[NaN]', '{"a": undefined}'])('does not make a document of %s', (text) => {
    expect(readJson(text)).toEqual([]);
  });

  it('tells different documents apart, and takes a repeated one once', () => {
    expect(readJson('{"a": 1} or {"a": 2}')).toEqual([{ a: 1 }, { a: 2 }]);
    expect(readJson('{"a": 1}, again: {"a": 1}')).toEqual([{ a: 1 }]);
    expect(readJson('For example {"a": 0}.\n```json\n{"a": 1}\n```')).toEqual([{ a: 1 }]);
  });

  const length = 60_000;
  const repeated = (text: string) => text.repeat(Math.ceil(length / text.length)).slice(0, length);
  it.each(['[', '{', '{"a":', '[{', '```', '```\n', '`', ',', ',]', '[,', '[1,]', '"', '\\', '"\\', '{"', ' ', '\n', '</think>', '{}', '[1] ', '{"a":1,} ', '}', '[1,', '\t```\t'])(
    'takes linear time for %j over and over',
    (piece) => {
      for (const text of [repeated(piece), `{${repeated(piece)}`, `\`\`\`json\n${repeated(piece)}`, `${repeated(piece)}}`]) {
        expect(fastest(() => readJson(text))).toBeLessThan(50);
      }
    },
  );
});
