import { describe, expect, it } from '@jest/globals';
import type { CallModelInput } from '../domain/chat/call.js';
import type { ChatRequest } from '../domain/chat/chat-request.js';
import { composeRequest, conversationOf, requestHashOf } from './compose-request.js';

const request: ChatRequest = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'What is this?' }, { type: 'image', data: 'AAAA', mediaType: 'image/png' }] },
  ],
  sampling: { temperature: 0.3, maxOutputTokens: 100 },
  tools: [{ name: 'lookup', parameters: { type: 'object' } }],
  toolChoice: { type: 'required' },
  parallelToolCalls: false,
  responseFormat: { type: 'json_object' },
};
const input: CallModelInput = {
  completionId: 'chatcmpl-1',
  key: 'propose/0/0/0',
  stage: 'propose',
  memberIndex: 0,
  of: 1,
  model: { provider: 'openai', model: 'gpt-4o-mini' },
  prompt: { conversation: true },
  sampling: 'client',
  tools: false,
  stream: false,
  progress: false,
  timeoutMs: 1_000,
};
const conversation = conversationOf(request);

describe('composeRequest', () => {
  it('puts the stage around the conversation, images included', () => {
    const { messages } = composeRequest({ ...input, prompt: { system: 'You review.', conversation: true, user: 'Rank them.' } }, conversation);
    expect(messages).toEqual([{ role: 'system', content: 'You review.' }, ...request.messages, { role: 'user', content: 'Rank them.' }]);
  });

  it('leaves the conversation out where the stage does not want it', () => {
    expect(composeRequest({ ...input, prompt: { conversation: false, user: 'Hello' } }, conversation).messages).toEqual([{ role: 'user', content: 'Hello' }]);
  });

  it("sends the client's sampling, overridden by the member's", () => {
    expect(composeRequest({ ...input, samplingOverride: { temperature: 1 } }, conversation).sampling).toEqual({ temperature: 1, maxOutputTokens: 100 });
    expect(composeRequest({ ...input, sampling: { temperature: 0 } }, conversation).sampling).toEqual({ temperature: 0 });
  });

  it('sends tools and response format only where the stage says so', () => {
    expect(composeRequest(input, conversation)).not.toHaveProperty('tools');
    expect(composeRequest(input, conversation)).not.toHaveProperty('responseFormat');
    expect(composeRequest({ ...input, tools: true, responseFormat: 'client' }, conversation)).toMatchObject({
      tools: request.tools,
      toolChoice: { type: 'required' },
      parallelToolCalls: false,
      responseFormat: { type: 'json_object' },
    });
  });

  it('appends the turns of a tool loop and lets the model choose freely after them', () => {
    const toolCalls = [{ id: 'call_1', name: 'lookup', argumentsJson: '{}' }];
    const composed = composeRequest({ ...input, tools: true, toolTurns: [{ text: '', toolCalls, results: [{ toolCallId: 'call_1', toolName: 'lookup', content: '42' }] }] }, conversation);
    expect(composed.messages.slice(-2)).toEqual([
      { role: 'assistant', content: '', toolCalls },
      { role: 'tool', toolCallId: 'call_1', toolName: 'lookup', content: '42' },
    ]);
    expect(composed.toolChoice).toEqual({ type: 'auto' });
  });
});

describe('requestHashOf', () => {
  const hash = (changed: Partial<CallModelInput>) => {
    const call = { ...input, ...changed };
    return requestHashOf(call, composeRequest(call, conversation), conversation);
  };

  it('is equal for equal requests, whatever their key', () => {
    expect(hash({ key: 'propose/0/1/0', memberIndex: 1 })).toBe(hash({}));
  });

  it('differs by model, prompt and sampling', () => {
    expect(new Set([hash({}), hash({ model: { provider: 'openai', model: 'gpt-4o' } }), hash({ prompt: { conversation: true, user: 'x' } }), hash({ sampling: {} })]).size).toBe(4);
  });
});
