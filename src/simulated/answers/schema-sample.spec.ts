import { describe, expect, it } from '@jest/globals';
import { Validator } from '@cfworker/json-schema';
import { sampleSchema } from './schema-sample.js';

const content = { text: 'Some words', answer: '42' };

describe('sampleSchema', () => {
  it.each<Record<string, unknown>>([
    { type: 'object', properties: { answer: { type: 'integer' }, why: { type: 'string' } }, required: ['answer', 'why'], additionalProperties: false },
    { type: 'array', items: { enum: ['a', 'b'] }, minItems: 3 },
    { $defs: { node: { type: 'object', properties: { name: { type: 'string' }, child: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/node' }] } }, required: ['name'] } }, $ref: '#/$defs/node' },
    { type: 'object', properties: { score: { type: 'number', minimum: 0, maximum: 1 }, when: { type: 'string', format: 'date-time' }, ok: { type: 'boolean' } }, required: ['score'] },
    { allOf: [{ type: 'object', properties: { a: { const: 1 } }, required: ['a'] }, { properties: { b: { type: ['string', 'null'] } }, required: ['b'] }] },
    { type: 'string', minLength: 30 },
    { type: 'string', maxLength: 3 },
    { type: 'integer', multipleOf: 5, minimum: 7 },
  ])('gives a value that %j accepts', (schema) => {
    const result = new Validator(schema, '2020-12').validate(sampleSchema(schema, content));
    expect(result.errors).toEqual([]);
  });

  it('puts the answer where a field asks for it', () => {
    expect(sampleSchema({ type: 'object', properties: { result: { type: 'number' } } }, content)).toEqual({ result: 42 });
  });
});
