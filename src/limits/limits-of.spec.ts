import { describe, expect, it } from '@jest/globals';
import { limitsOf } from './limits-of.js';

const known = { requestsPerMinute: 60, tokensPerMinute: 1_000, concurrent: null, maxInflightBatches: 10, maxBatchInputTokens: null };
const registry = { limits: (provider: string, model: string | null) => (provider === 'openai' && model === null ? known : { requestsPerMinute: null, tokensPerMinute: null, concurrent: null, maxInflightBatches: null, maxBatchInputTokens: null }) };

describe('which limits hold', () => {
  it("the registry's, where conclave.yaml says nothing", () => {
    expect(limitsOf({}, registry)('openai', null)).toBe(known);
  });

  it('one by one those of conclave.yaml win, and null lifts one', () => {
    expect(limitsOf({ openai: { requests_per_minute: 500, tokens_per_minute: null, max_batch_input_tokens: 2_000_000 } }, registry)('openai', null)).toEqual({ ...known, requestsPerMinute: 500, tokensPerMinute: null, maxBatchInputTokens: 2_000_000 });
  });

  it('a model has limits of its own, by its whole id', () => {
    const of = limitsOf({ 'openrouter/meta-llama/llama-3': { concurrent: 2 } }, registry);
    expect(of('openrouter', 'meta-llama/llama-3')).toMatchObject({ concurrent: 2, requestsPerMinute: null });
    expect(of('openrouter', null)).toMatchObject({ concurrent: null });
  });
});
