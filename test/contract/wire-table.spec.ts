import { describe, expect, it } from '@jest/globals';
import type { StreamedAnswer } from '../support/conclave-client.js';
import { ask, conclave } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';

const api = conclave();
const simulated = simulatedProvider();
const weather = {
  type: 'function',
  function: { name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};

// What was seen to break a client (openai-py, openai-node, LangChain, LiteLLM, AI SDK) when a server did it; each must never be in a stream of ours.
const never: [string, (answer: StreamedAnswer) => boolean][] = [
  ['a custom event: the openai-node helper and the AI SDK fail', (answer) => answer.frames.some((frame) => frame.event !== undefined)],
  ['data that is neither a chunk nor an error: the AI SDK fails', (answer) => answer.chunks.some((chunk) => chunk?.error === undefined && chunk?.object !== 'chat.completion.chunk')],
  ['a chunk without choices that nobody asked for: naive Python raises IndexError', (answer) => answer.chunks.some((chunk) => chunk.choices?.length === 0)],
  ['no [DONE]', (answer) => !answer.isDone],
  ['no finish_reason, or more than one: helpers throw', (answer) => !answer.chunks.some((chunk) => chunk.error) && finishReasons(answer).length !== 1],
  ['a finish_reason of our own', (answer) => finishReasons(answer).some((reason) => !['stop', 'length', 'tool_calls', 'content_filter'].includes(reason))],
  ['a tool delta without index: helpers lose or break the call', (answer) => toolDeltas(answer).some((delta) => typeof delta.index !== 'number')],
  ['an id or a name twice: helpers concatenate them', (answer) => new Set(toolDeltas(answer).filter((delta) => delta.id).map((delta) => delta.index)).size !== toolDeltas(answer).filter((delta) => delta.id).length],
  ['tool calls that end with "stop": agents stop', (answer) => toolDeltas(answer).length > 0 && finishReasons(answer)[0] !== 'tool_calls'],
  ['usage on a content chunk: Continue withholds it', (answer) => answer.chunks.some((chunk) => chunk.usage && chunk.choices.length > 0)],
  ['obfuscation', (answer) => answer.chunks.some((chunk) => 'obfuscation' in chunk)],
  ['another id, model or time in mid-stream', (answer) => new Set(answer.chunks.filter((chunk) => !chunk.error).map((chunk) => `${chunk.id}${chunk.model}${chunk.created}`)).size > 1],
];

function finishReasons(answer: StreamedAnswer): string[] {
  return answer.chunks.flatMap((chunk) => chunk.choices?.[0]?.finish_reason ?? []);
}

function toolDeltas(answer: StreamedAnswer): { index?: number; id?: string }[] {
  return answer.chunks.flatMap((chunk) => chunk.choices?.[0]?.delta.tool_calls ?? []);
}

describe('streams hold what clients can read', () => {
  const streams: [string, Record<string, unknown>, ((mark: string) => Promise<void>)?][] = [
    ['council', { model: 'panel/three' }],
    ['single', { model: 'simulated/alder' }],
    ['approve', { model: 'trio' }],
    ['rank', { model: 'panel/quick' }],
    ['stages as reasoning', { model: 'panel/three', conclave: { stream_stages: 'reasoning' } }],
    ['cut off by max_tokens', { model: 'simulated/alder', max_tokens: 3 }],
    ['a tool call', { model: 'panel/three', tools: [weather] }],
    ['two tool calls', { model: 'simulated/alder', tools: [weather] }],
    ['a failure', { model: 'panel/three' }, (mark) => simulated.rules({ contains: mark, effect: '500' })],
    ['a stream cut by the provider', { model: 'simulated/alder' }, (mark) => simulated.rules({ contains: mark, effect: 'cut' })],
    ['an error event of the provider', { model: 'simulated/alder' }, (mark) => simulated.rules({ contains: mark, effect: 'stream_error' })],
  ];

  it.each(streams)('%s', async (name, ...[body, prepare]) => {
    const mark = marker();
    await prepare?.(mark);
    const question = body['tools'] ? (name.startsWith('two') ? 'What is the weather in Paris and in Rome?' : 'What is the weather in Paris?') : 'What is the capital of France?';
    const answer = await api.stream({ ...body, messages: ask(mark, question) });
    expect(answer.status).toBe(200);
    expect(never.filter(([, isBroken]) => isBroken(answer)).map(([what]) => what)).toEqual([]);
    if (name.startsWith('two')) expect(new Set(toolDeltas(answer).map((delta) => delta.index)).size).toBe(2);
  });
});
