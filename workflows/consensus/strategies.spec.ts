import { describe, expect, it } from '@jest/globals';
import type { Decision } from '../../domain/chat/decision.js';
import { parseCandidateBlocks } from '../../domain/prompts/output-formats.js';
import { strategies } from './registry.js';
import { failureOutcome, planOf, runScripted, textOutcome } from './scripted-context.js';
import type { ScriptedReply, ScriptedRun } from './scripted-context.js';
import type { StrategyCall } from './strategy.js';

/** Judges prefer texts by a score hidden in them ("quality 7"), and see only what is shown. */
function judge(call: StrategyCall): string {
  const shown = parseCandidateBlocks(call.prompt.user ?? '').filter((block) => block.label.startsWith('Assistant'));
  const quality = (text: string) => Number(/quality (\d+)/.exec(text)?.[1] ?? 0);
  const ranking = [...shown].sort((left, right) => quality(right.text) - quality(left.text)).map((block) => block.label);
  if (call.stage === 'vote') {
    return JSON.stringify({ votes: shown.map((block) => ({ answer: block.label, verdict: quality(block.text) >= 5 ? 'ACCEPTED' : 'REJECTED' })), preferred: ranking[0] });
  }
  return JSON.stringify({ critiques: shown.map((block) => ({ answer: block.label, strengths: `good ${block.text}`, weaknesses: `${block.label} is short` })), ranking });
}

const analysis = JSON.stringify({ consensus: ['water'], contradictions: [], partial_coverage: [], unique_insights: ['salt'], blind_spots: [] });

function usual(answers: Record<string, ScriptedReply>, overrides: (call: StrategyCall) => ScriptedReply | undefined = () => undefined) {
  return (call: StrategyCall): ScriptedReply => {
    const special = overrides(call);
    if (special !== undefined) return special;
    if (call.stage === 'vote' || call.stage === 'review') return judge(call);
    if (call.stage === 'judge') return analysis;
    if (call.stage === 'chairman' || call.stage === 'aggregate') return `synthesis by ${call.member.label}`;
    return answers[call.member.label.replace('test/', '')] ?? failureOutcome('server_error');
  };
}

function decisionOf(run: ScriptedRun): Decision {
  if (!run.outcome.ok) throw new Error(run.outcome.failure.message);
  return run.outcome.decision;
}

const three = { a: 'answer a, quality 6', b: 'answer b, quality 9', c: 'answer c, quality 2' };
const names = ['a', 'b', 'c'];

describe('single', () => {
  it('names the model that acted for a nested panel, to which results of tools go', async () => {
    const acting = (call: StrategyCall): ScriptedReply => (call.stage === 'review' ? judge(call) : textOutcome(`by ${call.member.label}`, { actingModel: 'test/inner' }));
    expect(decisionOf(await runScripted(strategies.single, planOf('single', ['a']), acting)).actingModel).toBe('test/inner');
    expect(decisionOf(await runScripted(strategies.rank, planOf('rank', names), acting)).actingModel).toBe('test/inner');
  });

  it('passes the request through and streams', async () => {
    const run = await runScripted(strategies.single, planOf('single', ['a']), usual(three));
    expect(decisionOf(run)).toMatchObject({ source: 'single', degraded: false, choices: [{ text: three.a }], actingModel: 'test/a', finalKeys: ['answer/0/0/0'], stageReached: 'answer' });
    expect(run.calls).toMatchObject([{ sampling: 'client', responseFormat: 'client', tools: true, final: true }]);
  });

  it.each([
    ['auth', 'upstream_auth'],
    ['bad_request', 'bad_request'],
    ['context_length', 'context_length_exceeded'],
    ['content_filter', 'content_filter'],
    ['overloaded', 'upstream_error'],
    ['billing', 'upstream_error'],
  ] as const)('tells a %s failure as %s', async (code, expected) => {
    const { outcome } = await runScripted(strategies.single, planOf('single', ['a']), () => failureOutcome(code));
    expect(outcome).toMatchObject({ ok: false, failure: { code: expected, missing: [{ member: 'test/a' }] } });
  });

  it('takes an empty answer for a failure, but not empty text beside tool calls', async () => {
    const empty = await runScripted(strategies.single, planOf('single', ['a']), () => '  ');
    expect(empty.outcome).toMatchObject({ ok: false, failure: { missing: [{ failure: { code: 'empty_answer' } }] } });
    const calling = await runScripted(strategies.single, planOf('single', ['a']), () => textOutcome('', { toolCalls: [{ id: '1', name: 'f', argumentsJson: '{}' }] }));
    expect(decisionOf(calling).choices[0]).toMatchObject({ finishReason: 'tool_calls', toolCalls: [{ name: 'f' }] });
  });

  it('ends at the deadline', async () => {
    const run = await runScripted(strategies.single, planOf('single', ['a']), () => ({ afterMs: Infinity, reply: '' }));
    expect(run.outcome).toMatchObject({ ok: false, failure: { code: 'deadline_exceeded' } });
    expect(run.elapsedMs).toBe(120_000);
    const timedOut = await runScripted(strategies.single, planOf('single', ['a']), () => ({ afterMs: 119_950, reply: failureOutcome('timeout') }));
    expect(timedOut.outcome).toMatchObject({ ok: false, failure: { code: 'deadline_exceeded' } });
    const failed = await runScripted(strategies.single, planOf('single', ['a']), () => ({ afterMs: 60_000, reply: failureOutcome('timeout') }));
    expect(failed.outcome).toMatchObject({ ok: false, failure: { code: 'upstream_error' } });
  });
});

describe('approve', () => {
  it('returns the most accepted, then most preferred answer verbatim, own votes included', async () => {
    const plan = planOf('approve', names);
    const run = await runScripted(strategies.approve, plan, usual(three));
    const decision = decisionOf(run);
    expect(decision).toMatchObject({ source: 'winner', agreement: 1, degraded: false, stageReached: 'vote', choices: [{ text: three.b }] });
    expect(decision.candidates.map(({ accepted, preferred, rank, label }) => ({ accepted, preferred, rank, label }))).toEqual([
      { label: 'test/a', accepted: 3, preferred: 0, rank: 1 },
      { label: 'test/b', accepted: 3, preferred: 3, rank: 0 },
      { label: 'test/c', accepted: 0, preferred: 0, rank: 2 },
    ]);
    expect(run.calls).toHaveLength(6);
    expect(strategies.approve.calls(plan).map((stage) => stage.calls)).toEqual([3, 3]);
    expect(run.elapsedMs).toBe(200);
  });

  it('returns the n best', async () => {
    const run = await runScripted(strategies.approve, planOf('approve', names, { options: { n: 2 } }), usual(three));
    expect(decisionOf(run).choices.map((choice) => choice.text)).toEqual([three.b, three.a]);
  });

  it('gives tools to the members, shows their calls to voters in words and returns the winner\'s', async () => {
    const calling = textOutcome('quality 9', { toolCalls: [{ id: 'x', name: 'look_up', argumentsJson: '{"q":1}' }], finishReason: 'tool_calls' });
    const run = await runScripted(strategies.approve, planOf('approve', names), usual({ ...three, b: calling }));
    expect(decisionOf(run).choices[0]).toMatchObject({ finishReason: 'tool_calls', toolCalls: [{ id: 'x', name: 'look_up' }] });
    expect(run.calls.filter((call) => call.tools).map((call) => call.stage)).toEqual(['propose', 'propose', 'propose']);
    expect(run.calls.find((call) => call.stage === 'vote')?.prompt.user).toContain('calls the tool look_up with the arguments {"q":1}');
  });
});

describe('rank', () => {
  it('shows nobody its own answer, each reviewer another order, and returns the winner verbatim', async () => {
    const run = await runScripted(strategies.rank, planOf('rank', names), usual(three));
    const decision = decisionOf(run);
    expect(decision).toMatchObject({ source: 'winner', choices: [{ text: three.b }], degraded: false, actingModel: 'test/b', finalKeys: ['propose/0/1/0'] });
    decision.ballots.forEach((ballot, own) => expect(ballot.order).not.toContain(own));
    for (const call of run.calls.filter((made) => made.stage === 'review')) {
      expect(call).toMatchObject({ sampling: { temperature: 0 }, tools: false, final: false });
      expect(call.prompt.user).not.toContain(`answer ${call.member.label.replace('test/', '')},`);
      expect(JSON.stringify(call.prompt)).not.toContain('test/');
    }
    for (const candidate of decision.candidates) expect(candidate.score).toBeGreaterThanOrEqual(0);
  });

  it('with two answers shows and counts all, or ballots would say nothing', async () => {
    const run = await runScripted(strategies.rank, planOf('rank', ['a', 'b']), usual(three));
    expect(decisionOf(run)).toMatchObject({ choices: [{ text: three.b }], agreement: 1 });
  });

  it('needs no ballots for one answer', async () => {
    const run = await runScripted(strategies.rank, planOf('rank', ['a']), usual(three));
    expect(run.calls).toHaveLength(1);
    expect(decisionOf(run).choices[0]?.text).toBe(three.a);
  });

  it('keeps answers that miss the JSON schema from winning', async () => {
    const schema = { type: 'object', required: ['x'], properties: { x: { type: 'number' } } };
    const answers = { a: '{"x": 1, "note": "quality 3"}', b: '{"y": "quality 9"}', c: '```json\n{"x": 2, "note": "quality 5"}\n```' };
    const run = await runScripted(strategies.rank, planOf('rank', names, { options: { jsonSchema: schema } }), usual(answers));
    expect(decisionOf(run).choices[0]?.text).toBe('{"x": 2, "note": "quality 5"}');
    expect(decisionOf(run).candidates.map((candidate) => candidate.eligible)).toEqual([true, false, true]);
    const none = await runScripted(strategies.rank, planOf('rank', names, { options: { jsonSchema: schema } }), usual(three));
    expect(none.outcome).toMatchObject({ ok: false, failure: { code: 'upstream_error' } });
  });
});

describe('council', () => {
  const plan = planOf('council', names, { chairmen: ['chair'] });

  it('asks, reviews and lets the chairman write', async () => {
    const run = await runScripted(strategies.council, plan, usual(three));
    const decision = decisionOf(run);
    expect(decision).toMatchObject({ source: 'synthesis', choices: [{ text: 'synthesis by test/chair' }], degraded: false, agreement: 1, stageReached: 'chairman', finalKeys: ['chairman/0/0/0'], actingModel: 'test/chair' });
    expect(decision.candidates.find((candidate) => candidate.rank === 0)?.label).toBe('test/b');
    expect(run.calls.map((call) => call.stage)).toEqual([...Array<string>(3).fill('propose'), ...Array<string>(3).fill('review'), 'chairman']);
    expect(strategies.council.calls(plan).map((stage) => stage.calls)).toEqual([3, 3, 1]);
    const chairman = run.calls.at(-1);
    expect(chairman).toMatchObject({ sampling: 'client', tools: true, final: true, responseFormat: 'client' });
    expect(run.calls.filter((call) => call.tools)).toHaveLength(1);
    expect(JSON.stringify(chairman?.prompt)).not.toContain('test/');
  });

  it('rewrites the labels in reviews to the chairman\'s numbering', async () => {
    const run = await runScripted(strategies.council, plan, usual(three));
    const text = run.calls.at(-1)?.prompt.user ?? '';
    const blocks = parseCandidateBlocks(text);
    for (const block of blocks) {
      const remark = `${block.label}. For it: good ${block.text} Against it: ${block.label} is short`;
      expect(text).toContain(remark);
    }
    const best = blocks.find((block) => block.text === three.b)?.label ?? '';
    expect(text).toContain(`best first: ${best} > `);
  });

  it('shows each reviewer all answers in its own order and takes its own rank out', async () => {
    const { ballots } = decisionOf(await runScripted(strategies.council, plan, usual(three)));
    expect(new Set(ballots.map((ballot) => ballot.order.join()))).toHaveProperty('size', 3);
    ballots.forEach((ballot, own) => {
      expect(ballot.order).toHaveLength(3);
      expect(ballot.ranking).toHaveLength(2);
      expect(ballot.ranking).not.toContain(own);
    });
  });

  it('does not call the order of equal answers a disagreement', async () => {
    const equal = { a: 'The answer is 391.', b: '17 · 23 = 391', c: '391' };
    const rankings = [['Assistant 1', 'Assistant 2', 'Assistant 3'], ['Assistant 3', 'Assistant 2', 'Assistant 1'], ['Assistant 2', 'Assistant 1', 'Assistant 3']];
    const contrary = (answers: Record<string, string>) => usual(answers, (call) => (call.stage === 'review' ? JSON.stringify({ ranking: rankings[call.memberIndex] }) : undefined));
    const options = { order: 'fixed' as const, selfVote: 'include' as const };
    const plan = planOf('council', names, { chairmen: ['chair'], options });
    expect(decisionOf(await runScripted(strategies.council, plan, contrary(equal)))).toMatchObject({ agreement: 1, statistics: { distinctAnswers: 1, mostEqualAnswers: 3, winnerStability: 1, meanKendallTau: null } });
    const different = decisionOf(await runScripted(strategies.council, plan, contrary(three)));
    expect(different.statistics).toMatchObject({ distinctAnswers: 3, mostEqualAnswers: 1 });
    expect(different.agreement).toBeLessThan(0.2);
  });

  it('hands over to the next chairman, and at last to the ranked winner', async () => {
    const chained = planOf('council', names, { chairmen: ['first', 'second'] });
    const handedOver = await runScripted(strategies.council, chained, usual(three, (call) => (call.member.label === 'test/first' ? failureOutcome('overloaded') : undefined)));
    expect(decisionOf(handedOver)).toMatchObject({ choices: [{ text: 'synthesis by test/second' }], degraded: true, missing: [{ stage: 'chairman', member: 'test/first' }], finalKeys: ['chairman/0/1/0'] });
    const lost = await runScripted(strategies.council, chained, usual(three, (call) => (call.stage === 'chairman' ? failureOutcome('auth') : undefined)));
    expect(decisionOf(lost)).toMatchObject({ source: 'winner', choices: [{ text: three.b }], degraded: true, stageReached: 'review', actingModel: 'test/b' });
  });

  it('goes on without a failed member and never shows its error', async () => {
    const run = await runScripted(strategies.council, plan, usual(three, (call) => (call.member.label === 'test/c' ? failureOutcome('auth', 'SECRET trouble') : undefined)));
    expect(decisionOf(run)).toMatchObject({ degraded: true, source: 'synthesis' });
    expect(decisionOf(run).missing.map(({ stage, member }) => `${stage} ${member}`)).toEqual(['propose test/c', 'review test/c']);
    expect(JSON.stringify(run.calls.map((call) => call.prompt))).not.toContain('SECRET');
    expect(run.calls.filter((call) => call.member.label === 'test/c')).toHaveLength(1);
  });

  it('below quorum names each member\'s real cause', async () => {
    const run = await runScripted(strategies.council, plan, usual(three, (call) => (call.member.label === 'test/a' ? undefined : failureOutcome(call.member.label === 'test/b' ? 'rate_limit' : 'auth'))));
    expect(run.outcome).toMatchObject({ ok: false, failure: { code: 'quorum_not_reached' } });
    const message = run.outcome.ok ? '' : run.outcome.failure.message;
    expect(message).toBe("Quorum not reached in stage 'propose': 1 of 3 answered, 2 needed. test/b: rate_limit, scripted rate_limit; test/c: auth, scripted auth");
  });

  it.each([['auth', 'upstream_auth'], ['bad_request', 'bad_request'], ['context_length', 'context_length_exceeded'], ['rate_limit', 'quorum_not_reached']] as const)('if all fail with %s it is %s', async (code, expected) => {
    const run = await runScripted(strategies.council, plan, () => failureOutcome(code));
    expect(run.outcome).toMatchObject({ ok: false, failure: { code: expected, stageReached: null } });
  });

  it('repairs a ballot once and rejects what stays unreadable', async () => {
    const run = await runScripted(strategies.council, plan, usual(three, (call) => {
      if (call.stage === 'review' && call.memberIndex === 0) return 'I cannot decide';
      if (call.stage === 'repair') return judge(call);
      return undefined;
    }));
    expect(decisionOf(run)).toMatchObject({ degraded: false, agreement: 1 });
    expect(run.calls.find((call) => call.stage === 'repair')?.prompt.user).toContain('I cannot decide');
    const stubborn = await runScripted(strategies.council, plan, usual(three, (call) => (call.memberIndex === 0 && (call.stage === 'review' || call.stage === 'repair') ? '{"ranking": ["Assistant 1", "Assistant 1", "Assistant 2"]}' : undefined)));
    const decision = decisionOf(stubborn);
    expect(decision).toMatchObject({ degraded: true, statistics: { ballots: 2, ballotsRejected: 1 }, missing: [{ stage: 'review', failure: { code: 'invalid_answer' } }] });
    expect(decision.ballots.find((ballot) => ballot.rejected)).toMatchObject({ reviewer: 'test/a', rejected: 'Assistant 1 is ranked twice' });
    expect(stubborn.events).toContainEqual({ type: 'ballot_rejected', reviewer: 'test/a', reason: 'Assistant 1 is ranked twice' });
  });

  it('without enough ballots is a typed error too', async () => {
    const run = await runScripted(strategies.council, plan, usual(three, (call) => (call.stage === 'review' ? failureOutcome('overloaded') : undefined)));
    expect(run.outcome).toMatchObject({ ok: false, failure: { code: 'quorum_not_reached', stageReached: 'propose' } });
  });

  it('gives stragglers a grace period and calls them missing', async () => {
    const run = await runScripted(strategies.council, plan, usual(three, (call) => (call.member.label === 'test/c' && call.stage === 'propose' ? { afterMs: 50_000, reply: 'late, quality 10' } : { afterMs: 4_000, reply: usual(three)(call) as string })));
    expect(decisionOf(run)).toMatchObject({ degraded: true, missing: [{ stage: 'propose', member: 'test/c', failure: { code: 'deadline_exceeded' } }] });
    expect(run.elapsedMs).toBe(4_000 + 1_000 + 4_000 + 4_000);
    expect(JSON.stringify(run.calls)).not.toContain('quality 10');
  });

  it('at the deadline gives the best there is: ranked winner, first proposal, or an error', async () => {
    const hangs = (stage: string) => (call: StrategyCall): ScriptedReply | undefined => (call.stage === stage ? { afterMs: Infinity, reply: '' } : undefined);
    const noChairman = await runScripted(strategies.council, plan, usual(three, hangs('chairman')));
    expect(decisionOf(noChairman)).toMatchObject({ source: 'winner', choices: [{ text: three.b }], degraded: true, stageReached: 'review' });
    expect(noChairman.elapsedMs).toBe(120_000);
    const noReview = await runScripted(strategies.council, plan, usual(three, hangs('review')));
    expect(decisionOf(noReview)).toMatchObject({ source: 'synthesis', degraded: true });
    const oneOnly = await runScripted(strategies.council, plan, usual(three, (call) => (call.memberIndex !== 1 && call.stage === 'propose' ? { afterMs: Infinity, reply: '' } : undefined)));
    expect(decisionOf(oneOnly)).toMatchObject({ source: 'fallback', choices: [{ text: three.b }], degraded: true, stageReached: 'propose' });
    const nothing = await runScripted(strategies.council, plan, usual(three, hangs('propose')));
    expect(nothing.outcome).toMatchObject({ ok: false, failure: { code: 'deadline_exceeded' } });
  });

  it('repairs a chairman\'s JSON once, else falls back to the best valid candidate', async () => {
    const schema = { type: 'object', required: ['x'], properties: { x: { type: 'number' } } };
    const answers = { a: '{"x": 1, "n": "quality 3"}', b: '{"x": 2, "n": "quality 9"}', c: '{"y": 1}' };
    const jsonPlan = planOf('council', names, { chairmen: ['chair'], options: { jsonSchema: schema } });
    const repaired = await runScripted(strategies.council, jsonPlan, usual(answers, (call) => (call.stage === 'repair' ? '{"x": 5}' : undefined)));
    expect(decisionOf(repaired)).toMatchObject({ source: 'synthesis', choices: [{ text: '{"x": 5}' }], finalKeys: ['chairman/0/0/0', 'repair/1/0/0'] });
    const lost = await runScripted(strategies.council, jsonPlan, usual(answers, (call) => (call.stage === 'repair' ? 'still no' : undefined)));
    expect(decisionOf(lost)).toMatchObject({ source: 'winner', choices: [{ text: answers.b }], degraded: true });
  });

  it('takes own ranks of reviewers that proposed under the same name, and none of others', async () => {
    const run = await runScripted(strategies.council, planOf('council', names, { reviewers: ['b', 'x'], chairmen: ['chair'] }), usual(three));
    expect(decisionOf(run).ballots.map((ballot) => ballot.ranking?.length)).toEqual([2, 3]);
  });
});

describe('moa', () => {
  it('lets each layer read the one before, and the aggregator the last', async () => {
    const plan = planOf('moa', names, { chairmen: ['agg'], options: { layers: 2 } });
    const run = await runScripted(strategies.moa, plan, usual(three, (call) => (call.stage === 'propose' && call.layer === 1 ? `second of ${call.memberIndex}` : undefined)));
    expect(decisionOf(run)).toMatchObject({ source: 'synthesis', stageReached: 'aggregate', finalKeys: ['aggregate/0/0/0'] });
    expect(run.calls.map((call) => `${call.stage}${call.layer ?? 0}`)).toEqual(['propose0', 'propose0', 'propose0', 'propose1', 'propose1', 'propose1', 'aggregate0']);
    expect(parseCandidateBlocks(run.calls[3]?.prompt.user ?? '').map((block) => block.text).sort()).toEqual(Object.values(three).sort());
    expect(parseCandidateBlocks(run.calls[6]?.prompt.user ?? '').map((block) => block.text).sort()).toEqual(['second of 0', 'second of 1', 'second of 2']);
    expect(strategies.moa.calls(plan).map((stage) => stage.calls)).toEqual([3, 3, 1]);
  });

  it('keeps the earlier layer when a later one fails, and the first proposal when the aggregator does', async () => {
    const plan = planOf('moa', names, { chairmen: ['agg'], options: { layers: 2 } });
    const run = await runScripted(strategies.moa, plan, usual(three, (call) => (call.layer === 1 || call.stage === 'aggregate' ? failureOutcome('server_error') : undefined)));
    expect(decisionOf(run)).toMatchObject({ source: 'fallback', choices: [{ text: three.a }], degraded: true });
  });

  it('gives repeated samples of one model seeds of their own', async () => {
    const run = await runScripted(strategies.moa, planOf('moa', ['a', 'a', 'a'], { chairmen: ['a'] }), usual(three));
    const seeds = run.calls.filter((call) => call.stage === 'propose').map((call) => call.member.sampling?.seed);
    expect(seeds[0]).toBeUndefined();
    expect(new Set(seeds).size).toBe(3);
  });
});

describe('fuse', () => {
  const plan = planOf('fuse', names, { chairmen: ['writer'] });

  it('gives the writer the answers and the analysis', async () => {
    const run = await runScripted(strategies.fuse, plan, usual(three));
    expect(run.calls.map((call) => call.stage).slice(3)).toEqual(['judge', 'aggregate']);
    expect(run.calls[4]?.prompt.user).toContain('Seen by one only:\n- salt');
    expect(decisionOf(run)).toMatchObject({ source: 'synthesis', degraded: false, choices: [{ text: 'synthesis by test/writer' }] });
  });

  it('writes without an analysis when the judge gives none', async () => {
    const run = await runScripted(strategies.fuse, plan, usual(three, (call) => (call.stage === 'judge' ? 'no JSON here' : undefined)));
    expect(decisionOf(run)).toMatchObject({ source: 'synthesis', degraded: true, missing: [{ stage: 'judge', failure: { code: 'invalid_answer' } }] });
  });
});

describe('vote', () => {
  it('stops once the lead can\'t be lost', async () => {
    const run = await runScripted(strategies.vote, planOf('vote', names), usual({ a: 'A: 4', b: 'so it is 4', c: 'A: 5' }));
    expect(decisionOf(run)).toMatchObject({ source: 'plurality', choices: [{ text: 'A: 4' }], agreement: 1, degraded: false, statistics: { votes: 2, votesPlanned: 3 } });
    expect(run.calls).toHaveLength(2);
  });

  it('asks on while it is open, and counts a failed vote as missing', async () => {
    const run = await runScripted(strategies.vote, planOf('vote', names), usual({ a: 'A: 5', b: 'A: 4', c: 'A: 4' }));
    expect(decisionOf(run)).toMatchObject({ choices: [{ text: 'A: 4' }], statistics: { votes: 3 }, agreement: 2 / 3 });
    const failing = await runScripted(strategies.vote, planOf('vote', names), usual({ b: 'A: 4', c: 'A: 4' }));
    expect(decisionOf(failing)).toMatchObject({ choices: [{ text: 'A: 4' }], degraded: true, missing: [{ member: 'test/a' }] });
    const below = await runScripted(strategies.vote, planOf('vote', names), usual({ c: 'A: 4' }));
    expect(below.outcome).toMatchObject({ ok: false, failure: { code: 'quorum_not_reached' } });
  });

  it('samples one model with seeds of their own and stops by posterior', async () => {
    const run = await runScripted(strategies.vote, planOf('vote', ['a'], { options: { samples: 9 } }), usual({ a: 'the answer is 12' }));
    expect(run.calls.map((call) => call.sample)).toEqual([0, 1, 2]);
    expect(new Set(run.calls.map((call) => call.member.sampling?.seed)).size).toBe(3);
    expect(decisionOf(run).statistics.leadPosterior).toBe(0.9375);
    const patient = await runScripted(strategies.vote, planOf('vote', ['a'], { options: { samples: 9, stopAt: 1 } }), usual({ a: 'the answer is 12' }));
    expect(patient.calls).toHaveLength(5);
  });

  it('returns one text of each of the n best answers', async () => {
    const run = await runScripted(strategies.vote, planOf('vote', ['a', 'b', 'c', 'd', 'e'], { options: { n: 2, stopAt: 1 } }), usual({ a: 'A: 1', b: 'A: 2', c: 'A: 2', d: 'A: 1', e: 'A: 2' }));
    expect(decisionOf(run).choices.map((choice) => choice.text)).toEqual(['A: 2', 'A: 1']);
  });

  it('asks for n answers although fewer would decide', async () => {
    const run = await runScripted(strategies.vote, planOf('vote', ['a'], { options: { samples: 9, n: 5 } }), usual({ a: 'the answer is 12' }));
    expect(run.calls).toHaveLength(5);
    expect(decisionOf(run).choices).toHaveLength(5);
    const failing = await runScripted(strategies.vote, planOf('vote', ['a'], { options: { samples: 9, n: 5 } }), (call) => ((call.sample ?? 0) < 2 ? failureOutcome('server_error') : 'the answer is 12'));
    expect([failing.calls.length, decisionOf(failing).choices.length]).toEqual([7, 5]);
  });
});
