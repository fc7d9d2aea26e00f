import { describe, expect, it } from '@jest/globals';
import { parseModelName, profileOf } from './model-profile.js';

const settings = { defaults: {}, models: {}, believable: false };

describe('parseModelName', () => {
  it('takes directives apart, separated by commas or pluses', () => {
    expect(parseModelName('gpt-4o@latency=100,tps=50+skill=0.8,fault=429x2,retry_after=3')).toEqual({
      base: 'gpt-4o', overrides: { latencyMs: 100, tokensPerSecond: 50, skill: 0.8 }, effects: [{ effect: '429', count: 2 }], retryAfterSeconds: 3,
    });
  });

  it('leaves a plain name alone, and an effect without a count lasts', () => {
    expect(parseModelName('llama3.2-3b').base).toBe('llama3.2-3b');
    expect(parseModelName('m@fault=hang').effects).toEqual([{ effect: 'hang', count: null }]);
  });
});

describe('profileOf', () => {
  it('prefers the name over the model, the model over the defaults, and those over what the name suggests', () => {
    const all = { defaults: { latencyMs: 1, skill: 0.1, tokensPerSecond: 5 }, models: { m: { latencyMs: 2, skill: 0.2 }, 'openai/m': { skill: 0.3 } }, believable: true };
    expect(profileOf('openai', parseModelName('m@latency=9'), all)).toMatchObject({ latencyMs: 9, skill: 0.3, tokensPerSecond: 5 });
    expect(profileOf('groq', parseModelName('m'), all)).toMatchObject({ latencyMs: 2, skill: 0.2 });
  });

  it('is quick and unlimited by default, believable when asked to be', () => {
    expect(profileOf('openai', parseModelName('gpt-4o'), settings)).toMatchObject({ latencyMs: 0, tokensPerSecond: 0 });
    const believable = profileOf('openai', parseModelName('gpt-4o'), { ...settings, believable: true });
    expect(believable.latencyMs).toBeGreaterThanOrEqual(150);
    expect(believable.latencyMs).toBeLessThanOrEqual(400);
  });

  it('lets a small model know less than its large sibling', () => {
    expect(profileOf('openai', parseModelName('gpt-4o-mini'), settings).skill).toBeLessThan(profileOf('openai', parseModelName('gpt-4o'), settings).skill + 0.1);
  });
});
