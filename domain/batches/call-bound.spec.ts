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

const text = { attachments: { images: 0, imageBytes: 0, documents: 0 }, model: 'm', contextLimit: null };

describe('callBound', () => {
  it('counts bytes by three, and max_tokens before what the model can write', () => {
    expect(callBound({ ...text, bytes: 3_000, maxOutputTokens: 100, outputLimit: 16_000, price: null })).toEqual({ inputTokens: 1_032, outputTokens: 100, costNanoUsd: null });
    expect(callBound({ ...text, bytes: 1, maxOutputTokens: null, outputLimit: 10, price })).toEqual({ inputTokens: 33, outputTokens: 10, costNanoUsd: 4_950 + 9_000 });
    expect(callBound({ ...text, bytes: 1, maxOutputTokens: null, outputLimit: null, price })).toMatchObject({ outputTokens: null, costNanoUsd: null });
  });

  it.each([
    ['one tile of gpt-4o-mini, in 2 KB', 'gpt-4o-mini', 2_000, 8_500],
    ['eight tiles of gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 2_000, 48_169],
    ['eight tiles of gpt-4o', 'gpt-4o', 2_000, 1_445],
    ['1,536 patches of gpt-4.1-nano', 'gpt-4.1-nano', 2_000, 3_779],
    ['the largest of Claude', 'claude-opus-4-7', 2_000, 4_784],
    ['the largest of Qwen-VL', 'qwen2.5-vl-72b', 2_000, 16_384],
  ])('is not passed by %s, though a picture of one colour takes few bytes', (_, model, imageBytes, counted) => {
    for (const bytes of [300, 300 + imageBytes]) {
      const attachments = { images: 1, imageBytes: bytes - 300, documents: 0 };
      expect(callBound({ ...text, model, bytes, attachments, maxOutputTokens: 1, outputLimit: null, price }).inputTokens).toBeGreaterThanOrEqual(counted + 100);
    }
  });

  it('does not grow with the bytes of a picture, and is all that the model reads where there is a document', () => {
    const attachments = { images: 1, imageBytes: 8_000_000, documents: 0 };
    const ask = { ...text, model: 'gpt-4o', bytes: 8_000_300, maxOutputTokens: 1, outputLimit: null, price };
    expect(callBound({ ...ask, attachments }).inputTokens).toBe(100 + 32 + 20_000);
    expect(callBound({ ...ask, attachments: { ...attachments, documents: 1 }, contextLimit: 128_000 }).inputTokens).toBe(128_000);
    expect(callBound({ ...ask, attachments: { ...attachments, documents: 1 } }).inputTokens).toBeGreaterThan(1_000_000);
  });

  it('is never passed by a call within its tokens, whatever of them was cached or reasoning', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(100_000), fc.nat(1_000), fc.nat(1_000), (bytes, maxOutputTokens, cached, reasoning) => {
        const bound = callBound({ ...text, bytes, maxOutputTokens, outputLimit: null, price });
        const usage = { inputTokens: bound.inputTokens, outputTokens: maxOutputTokens, cachedInputTokens: Math.min(cached, bound.inputTokens), reasoningTokens: Math.min(reasoning, maxOutputTokens) };
        expect(bound.costNanoUsd!).toBeGreaterThanOrEqual(costOfCall(usage, price)!);
      }),
    );
  });

  it('counts parts that are no text, in the request or named by their address', () => {
    expect(attachmentsOf([{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'image', url: 'https://example.com/a.png' }, { type: 'image', data: 'AAAA', mediaType: 'image/png' }, { type: 'file', url: 'https://example.com/a.pdf' }] }, { role: 'user', content: 'b' }])).toEqual({ images: 2, imageBytes: 4, documents: 1 });
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
