import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fastest } from '../../test/support/fastest.js';
import { coerceJson } from './coerce-json.js';
import { validateJson } from '../ballots/validate-json.js';

const one = (type: unknown, more: Record<string, unknown> = {}) => ({ type: 'object', properties: { x: { type, ...more } }, required: ['x'], additionalProperties: false });
const valueOf = (answer: string, schema: Record<string, unknown>) => {
  const result = coerceJson(answer, schema);
  return result.ok ? result.value : result.errors;
};

/** Schemas with values that follow them. */
const pairs = fc.letrec<{ pair: { schema: Record<string, unknown>; value: unknown } }>((tie) => ({
  pair: fc.oneof(
    { maxDepth: 3 },
    fc.record({ schema: fc.constant({ type: 'integer' }), value: fc.integer() }),
    fc.record({ schema: fc.constant({ type: 'number' }), value: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map((value) => value + 0) }),
    fc.record({ schema: fc.constant({ type: 'boolean' }), value: fc.boolean() }),
    fc.record({ schema: fc.constant({ type: 'string' }), value: fc.string() }),
    fc.record({ schema: fc.constant({ enum: ['in progress', 'done', 3] }), value: fc.constantFrom('in progress', 'done', 3) }),
    fc.record({ schema: fc.constant({ anyOf: [{ type: 'integer' }, { type: 'null' }] }), value: fc.option(fc.integer()) }),
    fc.array(tie('pair'), { minLength: 1, maxLength: 1 }).map(([item]) => ({ schema: { type: 'array', items: item?.schema }, value: [item?.value, item?.value] })),
    fc.dictionary(fc.stringMatching(/^[a-z~/]{1,4}$/), tie('pair'), { maxKeys: 4 }).map((properties) => ({
      schema: { type: 'object', properties: Object.fromEntries(Object.entries(properties).map(([key, { schema }]) => [key, schema])), required: Object.keys(properties), additionalProperties: false },
      value: Object.fromEntries(Object.entries(properties).map(([key, { value }]) => [key, value])),
    })),
  ),
}));

/** The value as a careless model writes it: numbers and booleans as texts, single items without their array, allowed values in capitals. */
function garbled(value: unknown, schema: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => garbled(item, schema.items as Record<string, unknown>));
  if (typeof value === 'object' && value !== null) {
    const properties = schema.properties as Record<string, Record<string, unknown>>;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, garbled(item, properties[key] ?? {})]));
  }
  if (typeof value === 'number' || typeof value === 'boolean') return ` ${JSON.stringify(value)} `;
  return typeof value === 'string' && schema.enum ? ` ${value.toUpperCase().replace(' ', '  ')}\n` : value;
}

describe('coercing answers by their JSON schema', () => {
  it.each([
    ['a number spelled out', '{"x": "5"}', one('integer'), { x: 5 }],
    ['a whole number with a point', '{"x": 5.0}', one('integer'), { x: 5 }],
    ['the same spelled out', '{"x": "5.0"}', one('integer'), { x: 5 }],
    ['a decimal', '{"x": "-2.5e1"}', one('number'), { x: -25 }],
    ['a boolean', '{"x": "True"}', one('boolean'), { x: true }],
    ['a scalar for an array', '{"x": "a"}', one('array', { items: { type: 'string' } }), { x: ['a'] }],
    ['a scalar for an array of numbers', '{"x": "5"}', one('array', { items: { type: 'integer' } }), { x: [5] }],
    ['a number before an array', '{"x": "5"}', one(['array', 'integer']), { x: 5 }],
    ['an allowed value by case and space', '{"x": " In  Progress"}', one('string', { enum: ['in progress', 'done'] }), { x: 'in progress' }],
    ['an allowed number', '{"x": "3"}', { properties: { x: { enum: [1, 2, 3] } } }, { x: 3 }],
    ['a nullable number', '{"x": "5"}', { properties: { x: { anyOf: [{ type: 'integer' }, { type: 'null' }] } } }, { x: 5 }],
    ['what a reference says', '{"x": {"y": "5"}}', { properties: { x: { $ref: '#/$defs/inner' } }, $defs: { inner: { properties: { y: { type: 'integer' } } } } }, { x: { y: 5 } }],
    ['what all parts say', '{"x": "5"}', { allOf: [{ properties: { x: { type: 'integer' } } }, { required: ['x'] }] }, { x: 5 }],
    ['a map', '{"a": "1", "b": "2"}', { additionalProperties: { type: 'integer' } }, { a: 1, b: 2 }],
    ['fixed places of an array', '["1", "true"]', { prefixItems: [{ type: 'integer' }], items: { type: 'boolean' } }, [1, true]],
    ['a wrapped document', '{"response": "```json\\n{\\"x\\": \\"5\\",}\\n```"}', one('integer'), { x: 5 }],
    ['a name that is no ordinary property', '{"__proto__": "5"}', { additionalProperties: { type: 'integer' } }, JSON.parse('{"__proto__": 5}')],
  ])('takes %s', (_, answer, schema, value) => {
    expect(valueOf(answer, schema)).toEqual(value);
  });

  it('says what was changed, and where', () => {
    const schema = { properties: { 'a/b': { items: { type: 'integer' } } } };
    expect(coerceJson('{"a/b": [1, "2"]}', schema)).toEqual({ ok: true, value: { 'a/b': [1, 2] }, coercions: [{ path: '/a~1b/1', from: '2', to: 2 }] });
  });

  it.each([
    ['a whole number that would lose digits', '{"x": "12345678901234567890"}', one('integer')],
    ['a number with words', '{"x": "5 apples"}', one('integer')],
    ['a fraction', '{"x": 5.5}', one('integer')],
    ['grouped digits, which read differently by country', '{"x": "1,000"}', one('number')],
    ['an expression', '{"x": "1+1"}', one('number')],
    ['yes', '{"x": "yes"}', one('boolean')],
    ['null for an array', '{"x": null}', one('array')],
    ['a word like two allowed values', '{"x": "A "}', one('string', { enum: ['a', 'A'] })],
    ['infinity', '{"x": "1e999"}', one('number')],
  ])('does not guess at %s', (_, answer, schema) => {
    expect(coerceJson(answer, schema)).toMatchObject({ ok: false, errors: [{ path: '/x' }] });
  });

  // Predecessor's bug 13: types were coerced for one check and the next one saw the raw texts again.
  it('validates what it coerced: rules for numbers see numbers', () => {
    expect(coerceJson('{"x": "5"}', one('integer', { minimum: 6 }))).toEqual({ ok: false, errors: [{ path: '/x', message: expect.stringContaining('5 is less than 6') }] });
    expect(valueOf('{"x": "7"}', one('integer', { minimum: 6 }))).toEqual({ x: 7 });
  });

  it('names every fault by its place', () => {
    const schema = { properties: { a: { type: 'integer' }, b: { type: 'boolean' } }, required: ['c'] };
    const result = coerceJson('{"a": "x", "b": "y"}', schema);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? [] : result.errors.map(({ path }) => path)).toEqual(expect.arrayContaining(['/a', '/b', '']));
  });

  it('never changes a document that follows its schema', () => {
    fc.assert(
      fc.property(pairs.pair, ({ schema, value }) => {
        expect(coerceJson(JSON.stringify({ value }), { properties: { value: schema }, required: ['value'] })).toEqual({ ok: true, value: JSON.parse(JSON.stringify({ value })), coercions: [] });
      }),
    );
  });

  it('gives back what a careless model garbled', () => {
    fc.assert(
      fc.property(pairs.pair, ({ schema, value }) => {
        const answer = `Sure:\n\`\`\`json\n${JSON.stringify({ value: garbled(value, schema) })}\n\`\`\``;
        expect(valueOf(answer, { properties: { value: schema }, required: ['value'] })).toEqual(JSON.parse(JSON.stringify({ value })));
      }),
    );
  });

  it('returns nothing that misses the schema, whatever the document, and the same again when asked again', () => {
    fc.assert(
      fc.property(pairs.pair, fc.jsonValue(), ({ schema }, value) => {
        const first = coerceJson(JSON.stringify(value), schema);
        if (!first.ok) return;
        const text = JSON.stringify(first.value);
        expect(validateJson(text, schema)).toMatchObject({ ok: true });
        expect(coerceJson(text, schema)).toEqual({ ok: true, value: first.value, coercions: [] });
      }),
    );
  });

  it('takes the only document that follows the schema, and none of several', () => {
    expect(valueOf('I considered [1] and {"y": 2}, so {"x": 5}.', one('integer'))).toEqual({ x: 5 });
    expect(coerceJson('{"x": 1} or {"x": 2}', one('integer'))).toMatchObject({ ok: false, errors: [{ path: '', message: expect.stringContaining('several') }] });
  });

  it('takes nothing off that the schema knows, or without a schema', () => {
    const known = { properties: { response: { type: 'string' } } };
    expect(valueOf('{"response": "{\\"x\\": 5}"}', known)).toEqual({ response: '{"x": 5}' });
    expect(coerceJson('{"response": "{\\"x\\": 5}"}', null)).toEqual({ ok: true, value: { response: '{"x": 5}' }, coercions: [] });
  });

  it('judges nothing by a schema that can not be used, and says when there is no document', () => {
    expect(valueOf('{"x": "1"}', { $ref: '#/nowhere' })).toEqual({ x: '1' });
    expect(valueOf('', {})).toEqual([{ path: '', message: 'The answer is empty.' }]);
    expect(coerceJson('No.', {})).toMatchObject({ ok: false });
    expect(coerceJson('1e999', {})).toMatchObject({ ok: false });
  });

  const length = 60_000;
  const filled = (piece: string) => piece.repeat(Math.floor(length / piece.length));
  const list = { $ref: '#/$defs/list', $defs: { list: { anyOf: [{ type: 'integer' }, { type: 'array', items: { $ref: '#/$defs/list' } }] } } };
  it.each([
    ['brackets', `${'['.repeat(length / 2)}${']'.repeat(length / 2)}`, list],
    ['open brackets', '['.repeat(length), list],
    ['spaces', JSON.stringify([' '.repeat(length)]), { items: { type: 'integer' } }],
    ['digits', JSON.stringify(['1'.repeat(length)]), { items: { type: 'number' } }],
    ['documents', filled('[1] [2] '), { type: 'object' }],
    ['a wrapped nest', JSON.stringify({ response: '['.repeat(length) }), list],
  ])('takes no more than 50 ms of CPU for %s on one line', (_, answer, schema) => {
    coerceJson('{}', schema); // compiled
    const times = Array.from({ length: 6 }, () => {
      const before = process.cpuUsage();
      coerceJson(answer, schema);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });

  // Each of 12,000 to 30,000 items costs the validator some microseconds: 20 to 130 ms outside of Jest. What grows with the square would take seconds.
  it.each([
    ['numbers as texts', `[${filled('"1",')}]`, { items: { type: 'integer' } }],
    ['faults', `[${filled('"x",')}]`, { items: { type: 'integer' } }],
    ['choices', `[${filled('"1",')}]`, { items: { anyOf: [{ type: 'boolean' }, { type: 'integer' }] } }],
    ['scalars for arrays', `[${filled('1,')}]`, { items: { type: 'array' } }],
    ['allowed values', `[${filled('" A",')}]`, { items: { enum: Array.from({ length: 500 }, (_, index) => (index === 250 ? 'a' : `v${index}`)) } }],
  ])('takes time in proportion for %s, thousands in one document', (_, answer, schema) => {
    expect(fastest(() => coerceJson(answer, schema))).toBeLessThan(1_000);
  });

  it('ends in bounded time for schemas that multiply', () => {
    const node = { anyOf: [{ properties: { next: { $ref: '#/$defs/node' } }, required: ['a'] }, { properties: { next: { $ref: '#/$defs/node' } }, required: ['b'] }] };
    expect(fastest(() => [coerceJson(`${'{"next":'.repeat(100)}"x"${'}'.repeat(100)}`, { $ref: '#/$defs/node', $defs: { node } }), coerceJson('{"x": "1"}', { $ref: '#' })])).toBeLessThan(5_000);
  });
});
