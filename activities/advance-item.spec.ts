import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CallModelInput, CallOutcome } from '../domain/chat/call.js';
import type { CompletionOutcome } from '../domain/chat/decision.js';
import { strategyNames } from '../domain/chat/plan.js';
import type { MemberPlan, StrategyName, StrategyOptions, StrategyPlan } from '../domain/chat/plan.js';
import { failureCodes } from '../domain/failures/failure-code.js';
import { parseCandidateBlocks } from '../domain/prompts/output-formats.js';
import { failureOutcome, planOf, runScriptedPanel, textOutcome } from '../workflows/consensus/scripted-context.js';
import { advanceItems } from './advance-item.js';

type Script = (call: CallModelInput) => string | CallOutcome;
interface BatchRun {
  outcome: CompletionOutcome;
  calls: CallModelInput[];
  rounds: number;
}

/** Round after round, as a batch: every missing call is answered before the strategy is replayed. */
async function runInBatch(plan: StrategyPlan, script: Script, validationAttempt = 0, known = new Map<string, CallOutcome>(), clientSeed: number | null = null): Promise<BatchRun> {
  const calls: CallModelInput[] = [];
  for (let rounds = 0; ; rounds += 1) {
    const [advance] = await advanceItems([{ itemId: 'batch_1.0', batchId: 'batch_1', plan, clientSeed, validationAttempt, known }]);
    if (advance!.state === 'decided') return { outcome: advance!.outcome, calls, rounds };
    for (const call of advance!.calls) {
      expect(known.has(call.key)).toBe(false);
      const reply = script(call);
      known.set(call.key, typeof reply === 'string' ? textOutcome(reply) : reply);
      calls.push(call);
    }
  }
}

/** A call without what says whose it is. */
function content({ completionId: _completion, groupId: _group, timeoutMs: _timeout, ...call }: CallModelInput): Partial<CallModelInput> {
  return call;
}

async function expectEqual(plan: StrategyPlan, script: Script): Promise<BatchRun> {
  const realtime = await runScriptedPanel(plan, script);
  const batch = await runInBatch(plan, script);
  expect(batch.outcome).toEqual(realtime.outcome);
  const byKey = (left: CallModelInput, right: CallModelInput) => (left.key < right.key ? -1 : 1);
  expect(batch.calls.sort(byKey).map(content)).toEqual(realtime.calls.sort(byKey).map(content));
  return batch;
}

const patient: Partial<StrategyOptions> = { grace: { ratio: 0, minMs: 60_000, maxMs: 60_000 }, deadlineMs: 10_000_000 };
const plan = (strategy: StrategyName, members: string[], rest: Parameters<typeof planOf>[2] = {}) => planOf(strategy, members, { ...rest, options: { ...patient, ...rest.options } });
const names = ['a', 'b', 'c'];

function ballotFor(call: CallModelInput, turn = 0): string {
  const labels = parseCandidateBlocks(call.prompt.user ?? '').map((block) => block.label).filter((label) => label.startsWith('Assistant'));
  const ranking = [...labels.slice(turn % Math.max(1, labels.length)), ...labels.slice(0, turn % Math.max(1, labels.length))];
  return JSON.stringify({
    votes: labels.map((answer, index) => ({ answer, verdict: index === turn % 3 ? 'REJECTED' : 'ACCEPTED' })),
    preferred: ranking[0],
    critiques: labels.map((answer) => ({ answer, strengths: 'clear', weaknesses: `short, ${answer}` })),
    ranking,
  });
}
const analysis = JSON.stringify({ consensus: ['water'], contradictions: [], partial_coverage: [], unique_insights: [], blind_spots: [] });
const usual: Script = (call) => {
  if (call.stage === 'vote' || call.stage === 'review') return ballotFor(call, call.memberIndex);
  if (call.stage === 'judge') return analysis;
  return `${call.stage} by ${call.model.model}: A: ${call.memberIndex}`;
};
const failing = (fails: (call: CallModelInput) => boolean, code: Parameters<typeof failureOutcome>[0] = 'server_error', otherwise = usual): Script => (call) => (fails(call) ? failureOutcome(code) : otherwise(call));

describe('a batch decides as realtime does', () => {
  it.each([
    ['single', plan('single', ['a']), 1],
    ['approve', plan('approve', names), 2],
    ['vote', plan('vote', names, { options: { samples: 4, stopAt: 1 } }), 2],
    ['rank', plan('rank', names), 2],
    ['council', plan('council', names, { chairmen: ['x', 'y'] }), 3],
    ['council with reviewers of its own', plan('council', names, { reviewers: ['r', 'a'], chairmen: ['x'] }), 3],
    ['moa of 2 layers', plan('moa', names, { chairmen: ['x'], options: { layers: 2 } }), 3],
    ['fuse', plan('fuse', names, { chairmen: ['x'] }), 3],
  ])('%s', async (_name, given, rounds) => {
    const run = await expectEqual(given, usual);
    expect(run.outcome.ok).toBe(true);
    expect(run.rounds).toBeGreaterThanOrEqual(rounds);
  });

  it('asks a vote in waves, and no further once the matter is settled', async () => {
    const agreeing = await expectEqual(plan('vote', ['a'], { options: { samples: 9, stopAt: 0.9 } }), () => 'A: 42');
    expect(agreeing.calls.length).toBeLessThan(9);
    const split = await expectEqual(plan('vote', ['a'], { options: { samples: 9, stopAt: 0.9 } }), (call) => `A: ${call.key.endsWith('1') ? 1 : 2}`);
    expect(split.rounds).toBeGreaterThan(1);
  });

  it('seats of panels within panels', async () => {
    const seat = (label: string, inner: StrategyPlan): MemberPlan => ({ kind: 'panel', label, plan: inner });
    const inner = plan('approve', ['d', 'e']);
    const outer = plan('council', names, { chairmen: ['x'] });
    const nested: StrategyPlan = { ...outer, members: [...outer.members.slice(0, 2), seat('panel/inner', { ...inner, members: [...inner.members, seat('panel/deep', plan('single', ['f']))] })], chairmen: [seat('panel/chair', plan('vote', ['g', 'h']))] };
    const run = await expectEqual(nested, usual);
    expect(run.outcome.ok && run.outcome.decision.source).toBe('synthesis');
    expect(run.calls.some((call) => call.key.startsWith('propose/0/2/0:propose/0/2/0:'))).toBe(true);
    await expectEqual(nested, failing((call) => call.key.includes(':vote')));
  });

  it('trio under its own time-out', async () => {
    await expectEqual(plan('approve', ['default', 'llama3.2-3b', 'mistral'], { options: { callTimeoutMs: 60_000, n: 2 } }), usual);
  });

  it.each([...strategyNames])('%s with a failed member, a failed chairman, and everybody failed', async (strategy) => {
    const given = plan(strategy, names, { chairmen: ['x', 'y'], options: { layers: 2, samples: 2 } });
    await expectEqual(given, failing((call) => call.model.model === 'b'));
    await expectEqual(given, failing((call) => call.model.model === 'b', 'auth'));
    await expectEqual(given, failing((call) => call.model.model === 'x'));
    const nobody = await expectEqual(given, failing(() => true, 'billing'));
    expect(nobody.outcome.ok).toBe(false);
  });

  it('a quorum that is not met', async () => {
    const run = await expectEqual(plan('council', names, { chairmen: ['x'], options: { quorum: { propose: 3, vote: null } } }), failing((call) => call.model.model === 'c', 'overloaded'));
    expect(run.outcome).toMatchObject({ ok: false, failure: { code: 'quorum_not_reached' } });
    expect(run.rounds).toBe(1);
  });

  it('unreadable ballots and answers that miss the schema are repaired by calls of a further round', async () => {
    const unreadable: Script = (call) => (call.stage === 'review' ? 'I like them all' : call.stage === 'repair' ? '{"ranking": ["Assistant 1", "Assistant 2", "Assistant 3"], "critiques": []}' : usual(call));
    const repaired = await expectEqual(plan('council', names, { chairmen: ['x'] }), unreadable);
    expect(repaired.rounds).toBe(4);
    const schema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };
    const missing: Script = (call) => (call.stage === 'chairman' ? 'no JSON' : call.stage === 'repair' ? '{"n": 1}' : usual(call));
    await expectEqual(plan('council', names, { chairmen: ['x'], options: { jsonSchema: schema } }), missing);
  });
});

it('decides as realtime does, whatever is answered and whoever fails', async () => {
  const given = fc.record({
    strategy: fc.constantFrom(...strategyNames),
    size: fc.integer({ min: 1, max: 5 }),
    seed: fc.nat({ max: 2 ** 31 - 1 }),
    nestedSeat: fc.option(fc.constantFrom(...strategyNames), { nil: null }),
    failures: fc.dictionary(fc.integer({ min: 0, max: 40 }).map(String), fc.constantFrom(...failureCodes), { maxKeys: 12 }),
    words: fc.array(fc.constantFrom('yes', 'no', 'maybe', '', 'not a ballot'), { minLength: 11, maxLength: 11 }),
    stopAt: fc.constantFrom(0.6, 0.9, 1),
  });
  await fc.assert(
    fc.asyncProperty(given, async ({ strategy, size, seed, nestedSeat, failures, words, stopAt }) => {
      const numberOf = (key: string) => Array.from(key).reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 9_973, 7);
      const script: Script = (call) => {
        const number = numberOf(call.key);
        const code = failures[String(number % 41)];
        if (code) return failureOutcome(code);
        const word = words[number % words.length]!;
        if (['vote', 'review', 'repair'].includes(call.stage) && word !== 'not a ballot') return ballotFor(call, number % 4);
        if (call.stage === 'judge' && word === 'yes') return analysis;
        return word === '' ? '' : `A: ${word}`;
      };
      const options = { seed, stopAt, layers: 2, samples: 2, quorum: { propose: size > 2 ? 2 : null, vote: null } };
      const base = plan(strategy, ['a', 'b', 'c', 'd', 'e'].slice(0, size), { chairmen: strategy === 'single' ? [] : ['x', 'y'], options });
      const panelSeat = nestedSeat ? [{ kind: 'panel' as const, label: 'panel/n', plan: plan(nestedSeat, ['m', 'n'], { chairmen: ['o'], options: { ...options, quorum: { propose: null, vote: null } } }) }] : [];
      // A vote's waves end when the lead can't be lost, so who answers first matters there: seats that take longer are realtime's to tell apart.
      const members = strategy === 'vote' || strategy === 'single' ? base.members : [...base.members, ...panelSeat];
      await expectEqual({ ...base, members }, script);
    }),
    { numRuns: 300 },
  );
}, 60_000);

describe('an answer that missed the schema', () => {
  it('of a plain model is asked again under a new key, with another seed where one is fixed', async () => {
    const given = plan('single', ['a']);
    const known = new Map<string, CallOutcome>([['answer/0/0/0', textOutcome('first')]]);
    const again = await runInBatch(given, () => 'second', 1, known, 5);
    expect(again.calls.map((call) => call.key)).toEqual(['answer/0/0/1']);
    expect(again.calls[0]!.samplingOverride?.seed).toEqual(expect.any(Number));
    expect(again.outcome).toMatchObject({ ok: true, decision: { choices: [{ text: 'second' }], finalKeys: ['answer/0/0/1'] } });
    expect((await runInBatch(given, () => 'second', 1)).calls[0]!.samplingOverride).toBeUndefined();
  });

  it('of a council is asked of the chairman only; of a vote, of everybody', async () => {
    const known = new Map<string, CallOutcome>();
    const council = plan('council', names, { chairmen: ['x'] });
    await runInBatch(council, usual, 0, known);
    const again = await runInBatch(council, usual, 2, known);
    expect(again.calls.map((call) => call.key)).toEqual(['chairman/0/0/2']);
    expect(again.outcome).toMatchObject({ decision: { finalKeys: ['chairman/0/0/2'], candidates: [{ key: 'propose/0/0/0' }, {}, {}] } });
    const vote = plan('vote', ['a'], { options: { samples: 3, stopAt: 1 } });
    const first = await runInBatch(vote, () => 'A: 1');
    const second = await runInBatch(vote, () => 'A: 1', 1, new Map(first.calls.map((call) => [call.key, textOutcome('A: 1')])));
    expect(second.calls.map((call) => call.key).sort()).toEqual(['propose/0/0/3', 'propose/0/0/4']);
    expect(second.outcome).toMatchObject({ decision: { finalKeys: ['propose/0/0/3'] } });
  });
});

it('decides many items side by side, each by its own calls', async () => {
  const items = Array.from({ length: 300 }, (_, index) => ({
    itemId: `batch_1.${index}`, batchId: 'batch_1', plan: plan('single', ['a']), clientSeed: null, validationAttempt: 0,
    known: new Map<string, CallOutcome>(index % 2 ? [['answer/0/0/0', textOutcome(`text ${index}`)]] : []),
  }));
  const advances = await advanceItems(items);
  expect(advances.map((advance, index) => (advance.state === 'decided' ? advance.outcome.ok && advance.outcome.decision.choices[0]?.text : advance.calls[0]?.completionId) === (index % 2 ? `text ${index}` : `batch_1.${index}`)).every(Boolean)).toBe(true);
});
