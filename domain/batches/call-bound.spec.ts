import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StrategyPlan } from '../chat/plan.js';
import { planOf } from '../../workflows/consensus/scripted-context.js';
import { costOfCall } from '../pricing/cost-of-call.js';
import { attachmentsOf, callBound } from './call-bound.js';
import { capFault } from './cap-fault.js';
import { addLine, affordable, emptyJob, hasRoom, tooLarge } from './pack-lines.js';
import type { LineSize } from './pack-lines.js';

const price = { inputNanoUsdPerMillion: 150_000_000, outputNanoUsdPerMillion: 600_000_000, cachedInputNanoUsdPerMillion: 75_000_000, reasoningNanoUsdPerMillion: 900_000_000, source: 'spec', date: '2026-11-21' };

describe('callBound', () => {
  it('counts bytes by three, and max_tokens before what the model can write', () => {
    expect(callBound({ bytes: 3_000, attachments: 0, maxOutputTokens: 100, outputLimit: 16_000, price: null })).toEqual({ inputTokens: 1_032, outputTokens: 100, costNanoUsd: null });
    expect(callBound({ bytes: 1, attachments: 1, maxOutputTokens: null, outputLimit: 10, price })).toEqual({ inputTokens: 6_033, outputTokens: 10, costNanoUsd: 904_950 + 9_000 });
    expect(callBound({ bytes: 1, attachments: 0, maxOutputTokens: null, outputLimit: null, price })).toMatchObject({ outputTokens: null, costNanoUsd: null });
  });

  it('is never passed by a call within its tokens, whatever of them was cached or reasoning', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(100_000), fc.nat(1_000), fc.nat(1_000), (bytes, maxOutputTokens, cached, reasoning) => {
        const bound = callBound({ bytes, attachments: 0, maxOutputTokens, outputLimit: null, price });
        const usage = { inputTokens: bound.inputTokens, outputTokens: maxOutputTokens, cachedInputTokens: Math.min(cached, bound.inputTokens), reasoningTokens: Math.min(reasoning, maxOutputTokens) };
        expect(bound.costNanoUsd!).toBeGreaterThanOrEqual(costOfCall(usage, price)!);
      }),
    );
  });

  it('counts parts that are named by their address', () => {
    expect(attachmentsOf([{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'image', url: 'https://example.com/a.png' }, { type: 'image', data: 'AAAA', mediaType: 'image/png' }] }, { role: 'user', content: 'b' }])).toBe(1);
  });
});

describe('capFault', () => {
  const facts = { price: () => price, outputLimit: () => 1_000 };

  it('wants max_tokens, prices, and for reviews the limit of the model', () => {
    expect(capFault(planOf('single', ['a']), {}, facts)).toMatchObject({ param: 'max_tokens' });
    expect(capFault(planOf('single', ['a']), { maxOutputTokens: 5 }, facts)).toBeNull();
    expect(capFault(planOf('single', ['a']), { maxOutputTokens: 5 }, { ...facts, price: () => null })?.message).toContain("The price of 'test/a' is unknown");
    const council = planOf('council', ['a', 'b'], { chairmen: ['c'] });
    expect(capFault(council, { maxOutputTokens: 5 }, facts)).toBeNull();
    expect(capFault(council, { maxOutputTokens: 5 }, { ...facts, outputLimit: () => null })?.message).toContain('output_tokens');
    expect(capFault(planOf('vote', ['a']), { maxOutputTokens: 5 }, { ...facts, outputLimit: () => null })).toBeNull();
  });

  it("looks into nested panels, whose members have limits of their own", () => {
    const inner = planOf('rank', ['d', 'e']);
    const nested: StrategyPlan = { ...planOf('vote', ['a']), members: [{ kind: 'panel', label: 'panel/inner', plan: inner, sampling: { maxOutputTokens: 9 } }] };
    expect(capFault(nested, {}, facts)).toMatchObject({ param: 'max_tokens' });
    expect(capFault(nested, { maxOutputTokens: 5 }, facts)).toBeNull();
    expect(capFault(nested, { maxOutputTokens: 5 }, { ...facts, outputLimit: () => null })?.message).toContain("'test/d' reviews");
    const own: StrategyPlan = { ...inner, strategy: 'vote', members: inner.members.map((member) => ({ ...member, sampling: { maxOutputTokens: 9 } })) };
    expect(capFault({ ...nested, members: [{ kind: 'panel', label: 'panel/inner', plan: own }] }, {}, { ...facts, outputLimit: () => null })).toBeNull();
  });
});

describe('packing', () => {
  it('fills jobs in order, none beyond a limit, none empty', () => {
    const limitsOf = fc.record({ lines: fc.integer({ min: 1, max: 9 }), bytes: fc.integer({ min: 100, max: 500 }), inputTokens: fc.option(fc.integer({ min: 1, max: 400 }), { nil: null }) });
    fc.assert(
      fc.property(fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 120 }), inputTokens: fc.nat(50) }), { maxLength: 60 }), limitsOf, (lines, limits) => {
        const jobs = [emptyJob<LineSize>()];
        for (const line of lines.filter((candidate) => tooLarge(candidate, limits) === null)) {
          const open = jobs.at(-1)!;
          if (open.lines.length > 0 && !hasRoom(open, line, limits)) jobs.push(emptyJob());
          addLine(jobs.at(-1)!, line);
        }
        expect(jobs.flatMap((job) => job.lines)).toEqual(lines.filter((line) => line.bytes <= limits.bytes));
        for (const job of jobs) {
          expect(job.lines.length).toBeLessThanOrEqual(limits.lines);
          expect(job.bytes).toBeLessThanOrEqual(limits.bytes);
          expect(job.lines.length === 1 || job.inputTokens <= (limits.inputTokens ?? Infinity)).toBe(true);
        }
      }),
    );
  });

  it('says how much of a job a cap allows', () => {
    const lines = [{ nanoUsd: 5, tokens: 1 }, { nanoUsd: 5, tokens: 1 }, { nanoUsd: 5, tokens: 10 }];
    expect(affordable(lines, { nanoUsd: null, tokens: null })).toBe(3);
    expect(affordable(lines, { nanoUsd: 10, tokens: null })).toBe(2);
    expect(affordable(lines, { nanoUsd: 4, tokens: null })).toBe(0);
    expect(affordable(lines, { nanoUsd: 100, tokens: 11 })).toBe(2);
  });
});
