import { describe, expect, it } from '@jest/globals';
import { choice, completedRecord, toolChoice } from '../../test/fixtures/completed-record.js';
import { openaiStream, type OpenAiStreamFacts } from './openai-stream.js';

const facts: OpenAiStreamFacts = { id: 'chatcmpl-1', model: 'trio', created: 1_700_000_000, includeUsage: false, stages: 'comments', requestId: 'req_1' };
const context = { attached: false, options: {} };

interface Chunk {
  usage?: unknown;
  conclave?: unknown;
  choices: { index: number; delta: Record<string, unknown>; finish_reason: string | null }[];
}
const chunks = (frames: string): Chunk[] =>
  frames
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice(6)) as Chunk);

describe('openaiStream', () => {
  it('begins with the role and repeats id, model and time in every chunk', () => {
    const [first] = chunks(openaiStream(facts).start());
    expect(first).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'trio',
      choices: [{ index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null }],
    });
  });

  it('ends with a finish chunk that carries the conclave object, and [DONE]', () => {
    const frames = openaiStream(facts).finish(completedRecord(), context);
    expect(chunks(frames)).toMatchObject([{ choices: [{ delta: {}, finish_reason: 'stop' }], conclave: { calls: 4 } }]);
    expect(frames.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(frames).not.toContain('"usage":null');
  });

  it('sends usage in a chunk of its own, without choices, and only when asked', () => {
    const stream = openaiStream({ ...facts, includeUsage: true });
    expect(chunks(stream.start())[0]?.usage).toBeNull();
    const [finish, usage, ...rest] = chunks(stream.finish(completedRecord(), context));
    expect(finish?.usage).toBeNull();
    expect(usage).toMatchObject({ choices: [], usage: { total_tokens: 160 } });
    expect(rest).toEqual([]);
  });

  it('sends tool calls with their index, and id and name once', () => {
    const [head, tail, finish] = chunks(openaiStream(facts).finish(completedRecord({}, { choices: [toolChoice] }), context));
    expect(head?.choices[0]?.delta).toEqual({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }] });
    expect(tail?.choices[0]?.delta).toEqual({ tool_calls: [{ index: 0, function: { arguments: '{"city":"Oslo"}' } }] });
    expect(finish?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  it('sends further answers whole, each with its role and finish', () => {
    const all = chunks(openaiStream(facts).finish(completedRecord({}, { choices: [choice('a'), choice('b')] }), context));
    expect(all.map(({ choices: [only] }) => [only?.index, only?.delta.content, only?.finish_reason])).toEqual([
      [0, undefined, 'stop'],
      [1, '', null],
      [1, 'b', null],
      [1, undefined, 'stop'],
    ]);
  });

  it('tells progress in comments, as reasoning, or not at all', () => {
    expect(openaiStream(facts).progress('propose 1/3 done')).toBe(': propose 1/3 done\n\n');
    expect(chunks(openaiStream({ ...facts, stages: 'reasoning' }).progress('propose 1/3 done'))[0]?.choices[0]?.delta).toEqual({ reasoning_content: 'propose 1/3 done\n' });
    expect(openaiStream({ ...facts, stages: 'none' }).progress('x')).toBe('');
    expect(openaiStream(facts).keepAlive()).toBe(': keep-alive\n\n');
  });

  it('ends in an error chunk and [DONE] when it fails', () => {
    expect(openaiStream(facts).error({ status: 503, code: 'quorum_not_reached', message: 'Too few.' })).toBe(
      'data: {"error":{"message":"Too few.","type":"server_error","param":null,"code":"quorum_not_reached"}}\n\ndata: [DONE]\n\n',
    );
  });
});
