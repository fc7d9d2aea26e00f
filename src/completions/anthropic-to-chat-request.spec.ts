import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../http/api-error.js';
import { anthropicToChatRequest } from './anthropic-to-chat-request.js';
import { messageBody } from './message.dto.js';

const hello = [{ role: 'user', content: 'Hello' }];
const asked = (body: Record<string, unknown>) => anthropicToChatRequest(messageBody.parse({ model: 'trio', max_tokens: 10, messages: hello, ...body }));
const refused = (body: Record<string, unknown>): Partial<ApiError['facts']> => {
  try {
    asked(body);
  } catch (error) {
    if (error instanceof ApiError) return error.facts;
    throw error;
  }
  throw new Error('expected a refusal');
};
const weather = { name: 'weather', input_schema: { type: 'object' } };
const use = { role: 'assistant', content: [{ type: 'thinking', thinking: '…', signature: 's' }, { type: 'text', text: 'Let me see.' }, { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Oslo' } }] };
const result = (content: unknown) => ({ type: 'tool_result', tool_use_id: 't1', content });

describe('anthropicToChatRequest', () => {
  it('takes a plain question and all sampling parameters', () => {
    const { request, stream, extensions } = asked({ temperature: 1, top_p: 0.5, top_k: 3, stop_sequences: ['END'], stream: true, metadata: { user_id: 'u' }, output_config: { effort: 'low' }, council_models: ['a'], conclave: { seed: 2 } });
    expect(request).toEqual({ messages: [{ role: 'user', content: 'Hello' }], sampling: { temperature: 1, topP: 0.5, topK: 3, maxOutputTokens: 10, stop: ['END'], reasoningEffort: 'low' } });
    expect(stream).toBe(true);
    expect(extensions).toEqual({ parameters: { council_models: ['a'] }, options: { seed: 2 } });
  });

  it.each([['Be brief.'], [[{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }]]])('takes the system prompt %j', (system) => {
    expect(asked({ system }).request.messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
  });

  it('takes images and documents', () => {
    const content = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'BBBB' }, title: 'a.pdf' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Once' }, title: 'Tale' },
    ];
    expect(asked({ messages: [{ role: 'user', content }] }).request.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', data: 'AAAA', mediaType: 'image/png' },
          { type: 'image', url: 'https://a.example/b.png' },
          { type: 'file', data: 'BBBB', mediaType: 'application/pdf', filename: 'a.pdf' },
          { type: 'text', text: 'Tale\n\nOnce' },
        ],
      },
    ]);
  });

  it('takes tool calls and results; text beside the results does not end the turn', () => {
    const messages = [...hello, use, { role: 'user', content: [result([{ type: 'text', text: 'Sun' }]), { type: 'text', text: 'Go on.' }] }];
    const { request, trailingToolCallIds } = asked({ messages, tools: [weather] });
    expect(request.messages.slice(1)).toEqual([
      { role: 'assistant', content: 'Let me see.', toolCalls: [{ id: 't1', name: 'weather', argumentsJson: '{"city":"Oslo"}' }] },
      { role: 'tool', toolCallId: 't1', toolName: 'weather', content: 'Sun' },
      { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
    ]);
    expect(trailingToolCallIds).toEqual(['t1']);
  });

  it("moves a result's images into the user's message", () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
    const messages = [...hello, use, { role: 'user', content: [{ ...result([image]), is_error: true }] }];
    expect(asked({ messages }).request.messages.slice(2)).toEqual([
      { role: 'tool', toolCallId: 't1', toolName: 'weather', content: '', isError: true },
      { role: 'user', content: [{ type: 'text', text: 'Images in the result of weather:' }, { type: 'image', data: 'AAAA', mediaType: 'image/png' }] },
    ]);
  });

  it.each([
    [{ type: 'auto', disable_parallel_tool_use: true }, { toolChoice: { type: 'auto' }, parallelToolCalls: false }],
    [{ type: 'any' }, { toolChoice: { type: 'required' } }],
    [{ type: 'none' }, { toolChoice: { type: 'none' } }],
    [{ type: 'tool', name: 'weather' }, { toolChoice: { type: 'tool', name: 'weather' } }],
  ])('takes tool_choice %j', (tool_choice, expected) => {
    expect(asked({ tools: [weather], tool_choice }).request).toMatchObject(expected);
  });

  it('takes a JSON schema for the output', () => {
    expect(asked({ output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }).request.responseFormat).toEqual({ type: 'json_schema', name: 'output', schema: { type: 'object' }, strict: true });
  });

  it.each([
    [{ tool_choice: { type: 'any' } }, 'tool_choice'],
    [{ tools: [weather], tool_choice: { type: 'tool', name: 'other' } }, 'tool_choice.name'],
    [{ messages: [{ role: 'user', content: [result('Sun')] }] }, 'messages.0.content.0.tool_use_id'],
    [{ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] }, 'messages.0.content.0.source.file_id'],
  ])('refuses %j and names it', (body, param) => {
    expect(refused(body)).toMatchObject({ status: 400, param });
  });

  it.each([{ max_tokens: undefined }, { max_tokens: 0 }, { temperature: 1.5 }, { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, { mcp_servers: [{}] }, { conclave: { hedge: true } }])('does not take %j', (body) => {
    expect(messageBody.safeParse({ model: 'trio', max_tokens: 10, messages: hello, ...body }).success).toBe(false);
  });
});
