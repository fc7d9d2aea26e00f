import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { describeIssues } from './describe-issues.js';

const body = z.object({
  model: z.string(),
  temperature: z.number().max(2).optional(),
  messages: z.array(z.object({ content: z.union([z.string(), z.array(z.object({ type: z.literal('text'), text: z.string() }))]) })).min(1),
  conclave: z.strictObject({ seed: z.int().optional() }).optional(),
});

function told(received: unknown) {
  const result = body.safeParse(received);
  if (result.success) throw new Error('expected a fault');
  return describeIssues(result.error.issues, received);
}
const messages = [{ content: 'hi' }];

describe('describeIssues', () => {
  it('names the field, its value and what is expected', () => {
    expect(told({ model: 'a', messages, temperature: 3 })).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'temperature',
      message: "'temperature' is 3: too big: expected number to be <=2.",
    });
  });

  it('says that a field is missing', () => {
    expect(told({ messages })).toMatchObject({ param: 'model', message: "'model' is missing: expected string." });
  });

  it('goes into the branch of a union that was meant', () => {
    expect(told({ model: 'a', messages: [{ content: [{ type: 'text' }] }] })).toMatchObject({ param: 'messages.0.content.0.text' });
    expect(told({ model: 'a', messages: [{ content: 7 }] })).toMatchObject({
      param: 'messages.0.content',
      message: "'messages.0.content' is 7: expected string, received number, or expected array, received number.",
    });
  });

  it('names unknown keys of a strict object', () => {
    expect(told({ model: 'a', messages, conclave: { sede: 1 } })).toMatchObject({
      param: 'conclave.sede',
      message: "'conclave.sede' is not a known field: remove it or correct its name.",
    });
  });

  it('tells of a body that is no object', () => {
    expect(told([1])).toMatchObject({ message: 'The body is a list: expected object, received array.' });
  });

  it('cuts long values', () => {
    expect(told({ model: 'a', messages, temperature: 'x'.repeat(500) }).message.length).toBeLessThan(160);
  });

  it('tells at most three faults', () => {
    expect(told({ temperature: 'hot', messages: [], conclave: { seed: 'x' } }).message).toContain('And 1 more.');
  });
});
