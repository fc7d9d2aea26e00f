import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { strategyNames } from '../../domain/chat/plan.js';
import { failureCodes } from '../../domain/failures/failure-code.js';
import { parseCandidateBlocks } from '../../domain/prompts/output-formats.js';
import { strategies } from './registry.js';
import { failureOutcome, planOf, runScripted } from './scripted-context.js';
import type { ScriptedReply } from './scripted-context.js';
import type { StrategyCall } from './strategy.js';

const members = ['a', 'b', 'c', 'd', 'e'];

/** What each call of a round does, drawn by its identity so that it does not depend on the order of calls. */
interface Round {
  strategy: (typeof strategyNames)[number];
  size: number;
  seed: number;
  failing: number[];
  codes: (typeof failureCodes)[number][];
  delays: number[];
  noise: number[];
}

const round: fc.Arbitrary<Round> = fc.record({
  strategy: fc.constantFrom(...strategyNames),
  size: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat({ max: 2 ** 31 - 1 }),
  failing: fc.array(fc.nat({ max: 60 }), { maxLength: 14 }),
  codes: fc.array(fc.constantFrom(...failureCodes), { minLength: 7, maxLength: 7 }),
  delays: fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 11, maxLength: 11 }),
  noise: fc.array(fc.nat({ max: 5 }), { minLength: 13, maxLength: 13 }),
});

function numberOf(call: StrategyCall): number {
  return ['answer', 'propose', 'vote', 'review', 'judge', 'aggregate', 'chairman', 'repair', 'tool'].indexOf(call.stage) * 7 + call.memberIndex + (call.layer ?? 0) * 5;
}

function scriptOf(given: Round, isPunctual: boolean) {
  return (call: StrategyCall): ScriptedReply => {
    const number = numberOf(call);
    const afterMs = isPunctual ? 100 : (given.delays[number % given.delays.length] ?? 1);
    const code = given.codes[number % given.codes.length] ?? 'network';
    if (given.failing.includes(number)) return { afterMs, reply: failureOutcome(code, 'FAILED-TEXT') };
    const labels = parseCandidateBlocks(call.prompt.user ?? '').map((block) => block.label);
    const noise = given.noise[number % given.noise.length] ?? 0;
    const ranking = [...labels.slice(noise), ...labels.slice(0, noise)];
    const ballot = JSON.stringify({ votes: labels.map((answer) => ({ answer, verdict: noise > 2 ? 'ACCEPTED' : 'REJECTED' })), preferred: ranking[0], ranking });
    const answers: ScriptedReply[] = [ballot, 'not a ballot', ballot.replace('Assistant 1', 'Assistant 2'), '', ballot, ballot];
    if (call.stage === 'vote' || call.stage === 'review' || call.stage === 'repair') return { afterMs, reply: (answers[noise] ?? ballot) as string };
    return { afterMs, reply: `text of ${call.member.label}: A: ${noise}` };
  };
}

const planFor = (given: Round) => planOf(given.strategy, members.slice(0, given.size), { chairmen: ['x', 'y'], options: { seed: given.seed, layers: 2, samples: 2, n: strategies[given.strategy].competing ? 2 : 1 } });

describe('every strategy, whatever fails', () => {
  it('answers or says why not: no exception, no failed winner, no error text in a prompt, figures in [0, 1]', async () => {
    await fc.assert(
      fc.asyncProperty(round, async (given) => {
        const run = await runScripted(strategies[given.strategy], planFor(given), scriptOf(given, false));
        expect(run.elapsedMs).toBeLessThanOrEqual(120_000);
        expect(JSON.stringify(run.calls)).not.toContain('FAILED-TEXT');
        expect(new Set(run.calls.map((call) => `${call.stage}/${call.layer ?? 0}/${call.memberIndex}/${call.sample ?? 0}`)).size).toBe(run.calls.length);
        if (!run.outcome.ok) {
          expect(run.outcome.failure.missing.length).toBeGreaterThan(0);
          return;
        }
        const { decision } = run.outcome;
        expect(decision.choices.length).toBeGreaterThan(0);
        for (const choice of decision.choices) expect(choice.text).toMatch(/^text of test\//);
        expect(decision.degraded).toBe(decision.missing.length > 0 || decision.source === 'fallback');
        expect(decision.agreement === null || (decision.agreement >= 0 && decision.agreement <= 1)).toBe(true);
        for (const candidate of decision.candidates) expect(candidate.score ?? 0).toBeLessThanOrEqual(1);
        for (const ballot of decision.ballots) expect(ballot.rejected !== undefined || ballot.ranking !== undefined || ballot.accepted !== undefined).toBe(true);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  it('decides the same again, and the same whoever is faster, as long as all are in time', async () => {
    await fc.assert(
      fc.asyncProperty(round, async (given) => {
        const strategy = strategies[given.strategy];
        const punctual = scriptOf(given, true);
        const first = await runScripted(strategy, planFor(given), punctual);
        const again = await runScripted(strategy, planFor(given), punctual);
        const shuffledTimes = await runScripted(strategy, planFor(given), (call) => {
          const scripted = punctual(call);
          return typeof scripted === 'object' && 'afterMs' in scripted ? { ...scripted, afterMs: 90 + ((numberOf(call) * 7 + given.seed) % 10) } : scripted;
        });
        expect(again.outcome).toEqual(first.outcome);
        expect(shuffledTimes.outcome).toEqual(first.outcome);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it('makes exactly the calls of its preview when nothing fails and nothing is decided early', async () => {
    for (const name of strategyNames) {
      for (const size of [1, 2, 3, 5]) {
        const plan = planOf(name, members.slice(0, size), { chairmen: ['x', 'y'], options: { layers: 3, samples: 2, stopAt: 1 } });
        const given: Round = { strategy: name, size, seed: 1, failing: [], codes: [], delays: [], noise: [4] };
        // Votes that all differ can't be decided before the last.
        const run = await runScripted(strategies[name], plan, (call) => {
          const scripted = scriptOf(given, true)(call);
          if (call.stage === 'judge') return '{"consensus": []}';
          return name === 'vote' ? `A: ${call.memberIndex}${call.sample ?? 0}` : scripted;
        });
        const made: Record<string, number> = {};
        for (const call of run.calls) made[call.stage] = (made[call.stage] ?? 0) + 1;
        const previewed: Record<string, number> = {};
        for (const stage of strategies[name].calls(plan)) previewed[stage.stage] = (previewed[stage.stage] ?? 0) + stage.calls;
        expect({ name, size, made }).toEqual({ name, size, made: previewed });
      }
    }
  });
});
