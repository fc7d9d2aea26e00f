import { describe, expect, it } from '@jest/globals';
import { errorShapeOf } from './error-shape.js';

describe('errorShapeOf', () => {
  it.each([
    ['/v1/chat/completions', false, 'openai'],
    ['/v1/chat/completions', true, 'openai'],
    ['/openai/v1/models', true, 'openai'],
    ['/v1/messages', false, 'anthropic'],
    ['/v1/messages/count_tokens', false, 'anthropic'],
    ['/anthropic/v1/anything', false, 'anthropic'],
    ['/v1/models', false, 'openai'],
    ['/v1/models', true, 'anthropic'],
    ['/v1/nothing', false, 'openai'],
    ['/v1', false, 'openai'],
    ['/v1messages', false, 'problem'],
    ['/api/completions', true, 'problem'],
    ['/', false, 'problem'],
  ])('%s (anthropic-version: %s) has the %s shape', (path, versioned, shape) => {
    expect(errorShapeOf(path, versioned)).toBe(shape);
  });
});
