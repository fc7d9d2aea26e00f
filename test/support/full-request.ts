import type { ProviderRequest, ProviderResponse, Provider } from '../../src/providers/provider.js';

/** A request that uses everything a chat request can say. */
export function fullRequest(model: string): ProviderRequest {
  return {
    model,
    messages: [
      { role: 'system', content: 'You are a weather service.' },
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'What is the weather here?' },
          { type: 'image', data: 'aGVsbG8=', mediaType: 'image/png', detail: 'low' },
          { type: 'image', url: 'https://example.com/sky.png' },
        ],
      },
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'call_1', name: 'get_weather', argumentsJson: '{"city":"Paris"}' },
          { id: 'call_2', name: 'get_weather', argumentsJson: '{"city":' },
        ],
      },
      { role: 'tool', toolCallId: 'call_1', content: 'sunny' },
      { role: 'tool', toolCallId: 'call_2', content: 'no such city', isError: true },
      { role: 'system', content: 'Answer briefly.' },
      { role: 'assistant', content: 'Sunny in Paris.' },
      { role: 'user', content: 'And tomorrow?' },
    ],
    sampling: {
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxOutputTokens: 500,
      stop: ['END'],
      seed: 7,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      reasoningEffort: 'low',
      verbosity: 'low',
    },
    tools: [weatherTool],
    toolChoice: { type: 'tool', name: 'get_weather' },
    parallelToolCalls: false,
    responseFormat: { type: 'json_schema', name: 'weather', schema: { type: 'object', properties: { sky: { type: 'string' } }, required: ['sky'], additionalProperties: false }, strict: true },
  };
}

export const weatherTool = {
  name: 'get_weather',
  description: 'Weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  strict: true,
};

/** The same without the image address, for providers that take none. */
export function withoutAddresses(request: ProviderRequest): ProviderRequest {
  return {
    ...request,
    messages: request.messages.map((message) =>
      message.role === 'user' && typeof message.content !== 'string' ? { ...message, content: message.content.filter((part) => !(part.type === 'image' && part.url !== undefined)) } : message,
    ),
  };
}

/** A plain question to a model. */
export function question(model: string): ProviderRequest {
  return { model, messages: [{ role: 'user', content: 'How is the weather in the old harbour town?' }], sampling: {} };
}

/** Makes a call with five seconds of time; `texts` collects the pieces where it streams. */
export function ask(provider: Provider, request: ProviderRequest, more: { texts?: string[]; timeoutMs?: number; signal?: AbortSignal } = {}): Promise<ProviderResponse> {
  const { texts } = more;
  return provider.generate(request, {
    signal: more.signal ?? new AbortController().signal,
    timeoutMs: more.timeoutMs ?? 5_000,
    ...(texts && { onText: (text: string) => void texts.push(text) }),
  });
}
