import { describe, expect, it } from '@jest/globals';
import { choice, completedRecord, toolChoice } from '../../test/fixtures/completed-record.js';
import { chatCompletionSchema } from './completion-docs.js';
import { chatCompletionResponse } from './chat-completion-response.js';

const context = { attached: false, options: {} };

describe('chatCompletionResponse', () => {
  it('is a chat.completion that repeats the model as asked for', () => {
    const response = chatCompletionResponse(completedRecord(), context);
    expect(response).toMatchObject({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_795_255_200,
      model: 'gremium-consensus',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.', refusal: null }, logprobs: null, finish_reason: 'stop' }],
    });
    expect(chatCompletionSchema.parse(response)).toBeTruthy();
  });

  it('sums every call into usage and counts what nobody sees as reasoning', () => {
    expect(chatCompletionResponse(completedRecord(), context).usage).toEqual({
      prompt_tokens: 100,
      completion_tokens: 60,
      total_tokens: 160,
      prompt_tokens_details: { cached_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 40 },
    });
  });

  it('states the final stage alone in usage mode client', () => {
    expect(chatCompletionResponse(completedRecord({ usageMode: 'client' }), context).usage).toMatchObject({ prompt_tokens: 40, completion_tokens: 20, total_tokens: 60 });
  });

  it("keeps a single call's own reasoning and cached tokens", () => {
    const single = completedRecord({ callCount: 1, inputTokens: 40, outputTokens: 20, finalInputTokens: 40, finalOutputTokens: 20, usageMode: 'client' });
    expect(chatCompletionResponse(single, context).usage).toMatchObject({ prompt_tokens_details: { cached_tokens: 10 }, completion_tokens_details: { reasoning_tokens: 7 } });
  });

  it('says tool_calls wherever there are some, with null content', () => {
    const response = chatCompletionResponse(completedRecord({}, { choices: [{ ...toolChoice, finishReason: 'stop' }] }), context);
    expect(response.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }] },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]);
  });

  it('gives n answers, best first', () => {
    const response = chatCompletionResponse(completedRecord({}, { choices: [choice('a'), choice('b', { finishReason: 'length' })] }), context);
    expect(response.choices).toMatchObject([{ index: 0, finish_reason: 'stop' }, { index: 1, message: { content: 'b' }, finish_reason: 'length' }]);
  });

  it('tells what happened in the conclave object', () => {
    const missing = [{ stage: 'propose' as const, member: 'openai/a', failure: { code: 'timeout' as const, message: 'Took too long.' } }];
    const { conclave } = chatCompletionResponse(completedRecord({ simulated: true }, { degraded: true, missing }), { attached: true, options: {} });
    expect(conclave).toMatchObject({
      completion_id: 'chatcmpl-1',
      strategy: 'council',
      calls: 4,
      cost_usd: 0.0015,
      cost_known: true,
      attached: true,
      degraded: true,
      missing: [{ stage: 'propose', member: 'openai/a', code: 'timeout', message: 'Took too long.' }],
      stage_reached: 'chairman',
      agreement: 0.8,
      simulated: true,
    });
    expect(conclave).not.toHaveProperty('trace');
  });

  it('never says that an unknown cost is zero', () => {
    expect(chatCompletionResponse(completedRecord({ costNanoUsd: 0, costKnown: false }), context).conclave).toMatchObject({ cost_usd: null, cost_known: false });
  });

  it('adds the trace on request, with texts only in full', () => {
    const candidates = [{ label: 'a', key: 'propose/0/0/0', text: 'long', rank: 0, eligible: true }];
    const trace = (level: 'summary' | 'full') => chatCompletionResponse(completedRecord({}, { candidates }), { attached: false, options: { trace: level } }).conclave;
    expect(trace('summary')).toMatchObject({ trace: { candidates: [{ label: 'a', rank: 0 }] } });
    expect(JSON.stringify(trace('summary'))).not.toContain('long');
    expect(trace('full')).toMatchObject({ trace: { candidates: [{ text: 'long' }] } });
  });
});
