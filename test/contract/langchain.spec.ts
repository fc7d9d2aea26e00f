import { describe, expect, it } from '@jest/globals';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { marker } from '../support/marker.js';
import { stackAddresses } from '../support/stack.js';

const model = new ChatOpenAI({ model: 'panel/three', apiKey: 'unused', configuration: { baseURL: `${stackAddresses().apiUrl}/v1` } });
const weather = {
  type: 'function' as const,
  function: { name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};

describe('LangChain JS', () => {
  it('invokes', async () => {
    const message = await model.invoke(`(${marker()}) What is the capital of France?`);
    expect(message.text).toContain('Paris');
    expect(message.usage_metadata!.total_tokens).toBeGreaterThan(0);
  });

  it('streams', async () => {
    let text = '';
    for await (const chunk of await model.stream(`(${marker()}) What is the capital of France?`)) text += chunk.text;
    expect(text).toContain('Paris');
  });

  it('binds tools and sends results back', async () => {
    const bound = model.bindTools([weather]);
    const question = new HumanMessage(`(${marker()}) What is the weather in Paris?`);
    const first = await bound.invoke([question]);
    expect(first.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }]);
    const second = await bound.invoke([question, first, new ToolMessage({ content: 'Sunny', tool_call_id: first.tool_calls![0]!.id! })]);
    expect(second.text).toContain('Sunny');
  });

  it('gives structured output', async () => {
    const structured = model.withStructuredOutput(
      { title: 'capital', type: 'object', properties: { capital: { type: 'string' } }, required: ['capital'], additionalProperties: false }, { method: 'jsonSchema', name: 'capital' },
    );
    expect(await structured.invoke(`(${marker()}) What is the capital of France?`)).toEqual({ capital: expect.any(String) });
  });

  it('raises an error for a model that nobody knows', async () => {
    const unknown = new ChatOpenAI({ model: 'nobody/knows-this', apiKey: 'unused', maxRetries: 0, configuration: { baseURL: `${stackAddresses().apiUrl}/v1` } });
    await expect(unknown.invoke('x')).rejects.toMatchObject({ status: 404 });
  });
});
