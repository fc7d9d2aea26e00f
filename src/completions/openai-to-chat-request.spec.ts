import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../http/api-error.js';
import { chatCompletionBody } from './chat-completion.dto.js';
import { openaiToChatRequest } from './openai-to-chat-request.js';

const hello = [{ role: 'user', content: 'Hello' }];
const asked = (body: Record<string, unknown>) => openaiToChatRequest(chatCompletionBody.parse({ model: 'trio', messages: hello, ...body }));
const refused = (body: Record<string, unknown>): Partial<ApiError['facts']> => {
  try {
    asked(body);
  } catch (error) {
    if (error instanceof ApiError) return error.facts;
    throw error;
  }
  throw new Error('expected a refusal');
};
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };
const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };

describe('openaiToChatRequest', () => {
  it('takes a plain question', () => {
    expect(asked({})).toEqual({
      endpoint: 'openai',
      model: 'trio',
      request: { messages: [{ role: 'user', content: 'Hello' }], sampling: {} },
      extensions: { parameters: {}, options: {} },
      n: 1,
      stream: false,
      includeUsage: false,
      trailingToolCallIds: [],
    });
  });

  it('takes all sampling parameters; max_completion_tokens wins over max_tokens; null is missing', () => {
    const body = { temperature: 0.5, top_p: 0.9, top_k: 4, max_tokens: 5, max_completion_tokens: 7, stop: 'END', seed: 3, presence_penalty: 1, frequency_penalty: -1, reasoning_effort: 'low', verbosity: 'high' };
    expect(asked(body).request.sampling).toEqual({
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      maxOutputTokens: 7,
      stop: ['END'],
      seed: 3,
      presencePenalty: 1,
      frequencyPenalty: -1,
      reasoningEffort: 'low',
      verbosity: 'high',
    });
    expect(asked({ max_tokens: 5, temperature: null, stop: ['a', 'b'] }).request.sampling).toEqual({ maxOutputTokens: 5, stop: ['a', 'b'] });
  });

  it('takes every role', () => {
    const messages = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'system', content: [{ type: 'text', text: 'Be kind.' }, { type: 'text', text: 'Really.' }] },
      { role: 'user', content: 'Hi', name: 'ann' },
      { role: 'assistant', content: [{ type: 'text', text: 'Let me ' }, { type: 'text', text: 'see.' }, { type: 'refusal', refusal: 'no' }], tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'Sun' }] },
      { role: 'assistant', content: null, function_call: { name: 'old', arguments: '{}' } },
      { role: 'function', name: 'old', content: 'done' },
    ];
    expect(asked({ messages }).request.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'Be kind.\nReally.' },
      { role: 'user', content: 'Hi', name: 'ann' },
      { role: 'assistant', content: 'Let me see.', toolCalls: [{ id: 'call_1', name: 'weather', argumentsJson: '{"city":"Oslo"}' }], refusal: 'no' },
      { role: 'tool', toolCallId: 'call_1', toolName: 'weather', content: 'Sun' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'function:old', name: 'old', argumentsJson: '{}' }] },
      { role: 'tool', toolCallId: 'function:old', toolName: 'old', content: 'done' },
    ]);
  });

  it('takes every kind of part, and takes data URLs apart', () => {
    const content = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'https://a.example/b.png', detail: 'high' } },
      { type: 'image_url', image_url: 'data:image/png;base64,AAAA' },
      { type: 'input_audio', input_audio: { data: 'BBBB', format: 'mp3' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,CCCC', filename: 'a.pdf' } },
    ];
    expect(asked({ messages: [{ role: 'user', content }] }).request.messages[0]?.content).toEqual([
      { type: 'text', text: 'Look' },
      { type: 'image', url: 'https://a.example/b.png', detail: 'high' },
      { type: 'image', data: 'AAAA', mediaType: 'image/png' },
      { type: 'audio', data: 'BBBB', mediaType: 'audio/mpeg' },
      { type: 'file', data: 'CCCC', mediaType: 'application/pdf', filename: 'a.pdf' },
    ]);
  });

  it('takes tools and what goes with them', () => {
    expect(asked({ tools: [weather], tool_choice: { type: 'function', function: { name: 'weather' } }, parallel_tool_calls: false }).request).toMatchObject({
      tools: [{ name: 'weather', parameters: { type: 'object' } }],
      toolChoice: { type: 'tool', name: 'weather' },
      parallelToolCalls: false,
    });
    expect(asked({ tools: [], tool_choice: 'auto', parallel_tool_calls: true }).request).not.toHaveProperty('toolChoice');
  });

  it('takes response formats', () => {
    expect(asked({ response_format: { type: 'json_object' } }).request.responseFormat).toEqual({ type: 'json_object' });
    expect(asked({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' }, strict: true } } }).request.responseFormat).toEqual({
      type: 'json_schema',
      name: 'x',
      schema: { type: 'object' },
      strict: true,
    });
  });

  it('finds consensus parameters at the top and in optional_params; the top wins', () => {
    const { extensions } = asked({ proposers: ['a'], optional_params: { proposers: ['b'], aggregator: 'c' }, conclave: { seed: 1 }, chat_id: 'ignored' });
    expect(extensions).toEqual({ parameters: { proposers: ['a'], aggregator: 'c' }, options: { seed: 1 } });
  });

  it('knows the tool results with which a conversation ends', () => {
    const messages = [...hello, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content: 'Sun' }];
    expect(asked({ messages }).trailingToolCallIds).toEqual(['call_1']);
    expect(asked({ messages: [...messages, ...hello] }).trailingToolCallIds).toEqual([]);
  });

  it.each([
    [{ functions: [] }, 'functions'],
    [{ function_call: 'auto' }, 'function_call'],
    [{ logprobs: true }, 'logprobs'],
    [{ top_logprobs: 2 }, 'top_logprobs'],
    [{ logit_bias: { '1': 5 } }, 'logit_bias'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ audio: {} }, 'audio'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [weather], tool_choice: { type: 'function', function: { name: 'other' } } }, 'tool_choice.function.name'],
    [{ messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] }, 'messages.0.tool_call_id'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }] }, 'messages.0.content.0.image_url.url'],
    [{ messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] }, 'messages.0.content.0.file.file_id'],
  ])('refuses %j and names it', (body, param) => {
    expect(refused(body)).toMatchObject({ status: 400, param });
  });

  it('accepts what clients send and we have no use for', () => {
    const body = { logprobs: false, top_logprobs: 0, logit_bias: {}, modalities: ['text'], store: true, metadata: { a: 'b' }, user: 'u', service_tier: 'auto', stream_options: { include_obfuscation: false }, session_id: 1 };
    expect(asked(body).request.sampling).toEqual({});
  });
});
