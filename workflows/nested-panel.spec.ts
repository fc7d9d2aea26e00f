import { describe, expect, it } from '@jest/globals';
import type { CallOutcome } from '../domain/chat/call.js';
import type { CompletionFailure, Decision } from '../domain/chat/decision.js';
import type { MemberPlan } from '../domain/chat/plan.js';
import type { StrategyCall } from './consensus/strategy.js';
import { planOf } from './consensus/scripted-context.js';
import { callWithinSeat, planWithinSeat, seatOutcome, spentOn } from './nested-panel.js';

const member: MemberPlan = { label: 'openai/a', kind: 'model', model: { provider: 'openai', model: 'a' } };
const call = (changes: Partial<StrategyCall>): StrategyCall => ({
  stage: 'propose', member, memberIndex: 0, of: 1, prompt: { conversation: true }, sampling: 'client', tools: true, responseFormat: 'client', final: true, ...changes,
});

describe('callWithinSeat', () => {
  it("makes the seat's question part of the conversation of the nested panel", () => {
    const seat = call({ prompt: { system: 'You review.', conversation: true, user: 'Rank the answers.' } });
    const inner = call({ prompt: { system: 'You chair.', conversation: true, user: 'Here are opinions.' } });
    expect(callWithinSeat(seat, inner).prompt).toEqual({ system: 'You chair.\n\nYou review.', conversation: true, user: 'Rank the answers.\n\nHere are opinions.' });
  });

  it('leaves prompts without conversation alone', () => {
    const inner = call({ prompt: { conversation: false, user: 'Repair this.' } });
    expect(callWithinSeat(call({ prompt: { conversation: true, user: 'Rank.' } }), inner).prompt).toEqual(inner.prompt);
  });

  it("gives no call more than the seat has: sampling, tools, format, stream", () => {
    const seat = call({ sampling: { temperature: 0 }, tools: false, responseFormat: undefined, final: false });
    expect(callWithinSeat(seat, call({}))).toMatchObject({ sampling: { temperature: 0 }, tools: false, final: false });
    expect(callWithinSeat(seat, call({})).responseFormat).toBeUndefined();
  });
});

describe('planWithinSeat', () => {
  const plan = planOf('council', ['a', 'b', 'c'], { chairmen: ['d'], options: { jsonSchema: { type: 'object' } } });

  it("holds answers to the client's schema, ballots not", () => {
    expect(planWithinSeat(call({}), plan)).toBe(plan);
    expect(planWithinSeat(call({ stage: 'review', responseFormat: undefined }), plan).options.jsonSchema).toBeNull();
  });
});

describe('seatOutcome', () => {
  const usage = { inputTokens: 2, outputTokens: 3, cachedInputTokens: 0, reasoningTokens: 0 };
  const answer: CallOutcome = { ok: true, text: 'x', toolCalls: [], finishReason: 'stop', usage, costNanoUsd: 5 };

  it("answers with the panel's first choice and everything it spent", () => {
    // Only the choices matter here.
    const decision = { choices: [{ text: 'final', toolCalls: [], finishReason: 'stop' }], actingModel: 'openai/a' } as unknown as Decision;
    expect(seatOutcome({ ok: true, decision }, spentOn([answer, answer]))).toMatchObject({ ok: true, text: 'final', actingModel: 'openai/a', usage: { inputTokens: 4, outputTokens: 6 }, costNanoUsd: 10 });
  });

  it('fails with the cause the panel had', () => {
    const failure: CompletionFailure = { code: 'upstream_auth', message: 'Key rejected.', missing: [], stageReached: null };
    expect(seatOutcome({ ok: false, failure }, spentOn([]))).toEqual({ ok: false, failure: { code: 'auth', message: 'Key rejected.' } });
  });

  it('knows that an unknown cost makes the sum unknown', () => {
    expect(spentOn([answer, { ...answer, costNanoUsd: null }, answer]).costNanoUsd).toBeNull();
  });
});
