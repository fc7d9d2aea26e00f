import { describe, expect, it } from '@jest/globals';
import { fastest } from '../../test/support/fastest.js';
import { schemaFault } from './bounded-schema.js';
import { validateJson } from './validate-json.js';

const schema = { type: 'object', properties: { x: { type: 'integer' } }, required: ['x'], additionalProperties: false };

describe('validating answers against a JSON schema', () => {
  it('accepts what follows it, and takes a fence around the whole off', () => {
    expect(validateJson('{"x": 1}', schema)).toEqual({ ok: true, text: '{"x": 1}' });
    expect(validateJson('```json\n{"x": 1}\n```\n', schema)).toEqual({ ok: true, text: '{"x": 1}' });
  });

  it('says what is wrong', () => {
    expect(validateJson('{"x": "1"}', schema)).toMatchObject({ ok: false, problems: expect.stringContaining('#/x') });
    expect(validateJson('Here: {"x": 1}', schema)).toEqual({ ok: false, problems: 'it does not parse as JSON' });
  });

  it('judges nothing by a schema that can\'t be used', () => {
    expect(validateJson('{"x": 1}', { $ref: '#/nowhere' })).toMatchObject({ ok: true });
  });

  it('survives documents nested too deeply to check', () => {
    const recursive = { $ref: '#/$defs/list', $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } } };
    expect(validateJson(`${'['.repeat(29_000)}${']'.repeat(29_000)}`, recursive)).toEqual({ ok: false, problems: 'it is nested too deeply' });
  });

  it('takes linear time for a hostile fence', () => {
    expect(fastest(() => validateJson(`\`\`\`${'\n'.repeat(60_000)}`, schema))).toBeLessThan(200);
  });

  it('checks patterns, on texts as long as they are safe for', () => {
    const dated = { type: 'object', properties: { day: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' }, mail: { pattern: '^\\S+@\\S+\\.\\S+$' } } };
    expect(validateJson('{"day": "2026-11-21", "mail": "a@b.c"}', dated)).toMatchObject({ ok: true });
    expect(validateJson('{"day": "21 November"}', dated)).toMatchObject({ ok: false, problems: expect.stringContaining('#/day') });
    expect(validateJson('{"mail": "nobody"}', dated)).toMatchObject({ ok: false, problems: expect.stringContaining('#/mail') });
    expect(validateJson(JSON.stringify(Array.from({ length: 2_000 }, () => '2026-11-21')), { items: dated.properties.day })).toMatchObject({ ok: true });
    expect(validateJson(JSON.stringify([...Array.from({ length: 2_000 }, () => '2026-11-21'), 'never']), { items: dated.properties.day })).toMatchObject({ ok: false });
    expect(validateJson(`{"mail": "${'a'.repeat(5_000)}"}`, dated)).toMatchObject({ ok: true });
  });

  const evil = '^(a+)+$';
  const victim = `${'a'.repeat(40)}!`;
  it.each([
    ['a pattern that backtracks for ever', { pattern: evil }, JSON.stringify(victim)],
    ['one behind a property that is called enum', { properties: { enum: { properties: { pattern: { pattern: evil } } } } }, JSON.stringify({ enum: { pattern: victim } })],
    ['one for names of properties', { patternProperties: { [evil]: false } }, JSON.stringify({ [victim]: 1 })],
    ['many texts that each take long', { items: { pattern: '^\\S+@\\S+\\.\\S+$' } }, JSON.stringify(Array.from({ length: 3_000 }, () => '@.'.repeat(100) + ' '))],
    ['many texts with many choices', { items: { pattern: `^${'a?'.repeat(22)}b$` } }, JSON.stringify(Array.from({ length: 20_000 }, () => 'a'.repeat(22)))],
    ['many unique items', { uniqueItems: true }, JSON.stringify(Array.from({ length: 100_000 }, (_, index) => index))],
  ])('is not held up by %s', (_, hostile, answer) => {
    expect(fastest(() => validateJson(answer, hostile))).toBeLessThan(1_500);
  });

  it('gives up on schemas that multiply', () => {
    const $defs = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`d${index}`, index === 39 ? {} : { allOf: [{ $ref: `#/$defs/d${index + 1}` }, { $ref: `#/$defs/d${index + 1}` }] }]));
    const check = () => { expect(validateJson('1', { $ref: '#/$defs/d0', $defs })).toEqual({ ok: false, problems: 'it takes too long to check' }); };
    expect(fastest(check)).toBeLessThan(2_000);
  });

  it('says which schemas it refuses', () => {
    expect(schemaFault(schema)).toBeNull();
    expect(schemaFault({ properties: { pattern: { type: 'string', enum: ['(a+)+'] } } })).toBeNull();
    expect(schemaFault({ properties: { x: { pattern: evil } } })).toContain(evil);
    expect(schemaFault({ properties: { enum: { pattern: evil } } })).toContain(evil);
    expect(schemaFault({ patternProperties: { [evil]: {} } })).toContain(evil);
    expect(schemaFault({ pattern: '(unclosed' })).toContain('(unclosed');
    expect(schemaFault({ properties: { type: { type: 'strin' } } })).toContain('"strin"');
    expect(schemaFault({ properties: { type: { const: { type: 'strin' } } }, items: { type: ['null', 'string'] } })).toBeNull();
    expect(schemaFault({ description: 'x'.repeat(200_000) })).toContain('131072');
    expect(schemaFault(Array.from({ length: 120 }).reduce<Record<string, unknown>>((inner) => ({ items: inner }), {}))).toContain('levels deep');
  });
});
