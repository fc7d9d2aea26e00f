import { describe, expect, it } from '@jest/globals';
import { modelBody, modelListBody, modelListSchema, modelSchema } from './model-list.js';

const trio = { id: 'trio', name: 'Trio', ownedBy: 'conclave' };
const fast = { id: 'panel/fast', name: 'panel/fast', ownedBy: 'conclave' };
const since = new Date('2026-11-21T10:00:00.500Z');

describe('a list of models', () => {
  it("has OpenAI's shape", () => {
    expect(modelListBody([trio, fast], 'openai', since)).toEqual({
      object: 'list',
      data: [
        { id: 'trio', object: 'model', created: 1_795_255_200, owned_by: 'conclave', name: 'Trio' },
        { id: 'panel/fast', object: 'model', created: 1_795_255_200, owned_by: 'conclave', name: 'panel/fast' },
      ],
    });
  });

  it("has Anthropic's shape", () => {
    expect(modelListBody([trio, fast], 'anthropic', since)).toMatchObject({ has_more: false, first_id: 'trio', last_id: 'panel/fast' });
    expect(modelBody(trio, 'anthropic', since)).toEqual({ type: 'model', id: 'trio', display_name: 'Trio', created_at: '2026-11-21T10:00:00.500Z', lifecycle: 'active' });
  });

  it.each(['openai', 'anthropic'] as const)('fits its schema: %s', (shape) => {
    expect(modelListSchema.safeParse(modelListBody([trio], shape, since)).success).toBe(true);
    expect(modelListSchema.safeParse(modelListBody([], shape, since)).success).toBe(true);
    expect(modelSchema.safeParse(modelBody(trio, shape, since)).success).toBe(true);
  });
});
