import { describe, expect, it } from '@jest/globals';
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
    const started = performance.now();
    validateJson(`\`\`\`${'\n'.repeat(60_000)}`, schema);
    expect(performance.now() - started).toBeLessThan(200);
  });
});
