import { describe, expect, it } from '@jest/globals';
import type { CallOutcome } from '../domain/chat/call.js';
import type { ToolCall } from '../domain/chat/chat-request.js';
import { runToolLoop } from './tool-loop.js';

const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, reasoningTokens: 0 };
const answer = (text: string, toolCalls: ToolCall[] = []): CallOutcome => ({ ok: true, text, toolCalls, finishReason: toolCalls.length > 0 ? 'tool_calls' : 'stop', usage, costNanoUsd: 1 });
const lookup: ToolCall = { id: 'call_1', name: 'lookup', argumentsJson: '{"q":1}' };

async function loop(outcomes: CallOutcome[], maxIterations = 5) {
  const turnsSeen: number[] = [];
  const executed: string[] = [];
  const outcome = await runToolLoop({
    names: ['lookup'],
    maxIterations,
    call: (turns) => {
      turnsSeen.push(turns.length);
      return Promise.resolve(outcomes.shift() ?? answer('none left'));
    },
    execute: (toolCall, iteration, index) => {
      executed.push(`${iteration}.${index} ${toolCall.name}`);
      return Promise.resolve({ content: '42', isError: false });
    },
  });
  return { outcome, turnsSeen, executed };
}

describe('runToolLoop', () => {
  it('returns an answer without tools at once', async () => {
    expect(await loop([answer('hello')])).toMatchObject({ outcome: { text: 'hello' }, turnsSeen: [0], executed: [] });
  });

  it('runs the tools and asks again with their results', async () => {
    expect(await loop([answer('', [lookup]), answer('', [lookup]), answer('42!')])).toMatchObject({ outcome: { text: '42!' }, turnsSeen: [0, 1, 2], executed: ['0.0 lookup', '1.0 lookup'] });
  });

  it('tells calls of one answer apart, even with equal ids', async () => {
    expect(await loop([answer('', [lookup, lookup]), answer('both')])).toMatchObject({ outcome: { text: 'both' }, executed: ['0.0 lookup', '0.1 lookup'] });
  });

  it("hands calls of the client's own tools to the client", async () => {
    const foreign = { ...lookup, name: 'client_tool' };
    expect(await loop([answer('', [lookup, foreign])])).toMatchObject({ outcome: { toolCalls: [lookup, foreign] }, executed: [] });
  });

  it('ends after the allowed rounds with what was asked last', async () => {
    const forever = Array.from({ length: 9 }, () => answer('', [lookup]));
    expect(await loop(forever, 2)).toMatchObject({ outcome: { toolCalls: [lookup] }, turnsSeen: [0, 1, 2] });
  });

  it('returns a failure as it is', async () => {
    expect(await loop([answer('', [lookup]), { ok: false, failure: { code: 'timeout', message: 'slow' } }])).toMatchObject({ outcome: { ok: false }, turnsSeen: [0, 1] });
  });
});
