import { describe, expect, it } from '@jest/globals';
import type { MemberPlan, StrategyName, StrategyPlan } from '../../domain/chat/plan.js';
import { strategies } from '../../workflows/consensus/registry.js';
import { estimateCost, type StageCalls } from './estimate-cost.js';
import { planOptions } from './plan-options.js';

const stages: StageCalls = (plan) => strategies[plan.strategy].calls(plan);
const price = { inputNanoUsdPerMillion: 1_000_000_000, outputNanoUsdPerMillion: 4_000_000_000, cachedInputNanoUsdPerMillion: null, source: 'spec', date: '2026-11-21' };

function model(name: string): MemberPlan {
  return { kind: 'model', label: name, model: { provider: 'p', model: name } };
}

function planOf(strategy: StrategyName, count: number, layers = 1): StrategyPlan {
  const facts = { strategy, seats: count, seed: 1, n: 1, jsonSchema: null, toolExecutor: null, deadlineMs: 1_000, callTimeoutMs: 1_000 };
  const chairmen = strategy === 'council' || strategy === 'moa' || strategy === 'fuse' ? [model('chair')] : [];
  const members = Array.from({ length: count }, (_, index) => model(`m${String(index)}`));
  return { strategy, panel: null, members, reviewers: [], chairmen, options: planOptions([{ options: { layers } }], facts) };
}

describe('estimateCost', () => {
  it.each<[StrategyName, number, number, number, number]>([
    ['council', 4, 9, 31_000, 7_000],
    ['single', 1, 1, 1_000, 1_000],
    ['approve', 3, 6, 15_000, 4_500],
    ['rank', 3, 6, 12_000, 4_500],
    ['vote', 1, 9, 9_000, 9_000],
    ['moa', 3, 4, 7_000, 4_000],
    ['fuse', 3, 5, 11_500, 4_500],
  ])('%s of %i', (strategy, count, calls, inputTokens, outputTokens) => {
    expect(estimateCost(planOf(strategy, count), stages, () => price)).toEqual({
      calls, inputTokens, outputTokens, costNanoUsd: inputTokens * 1_000 + outputTokens * 4_000, costKnown: true,
    });
  });

  it('saves a reviewer its own answer where that is not shown', () => {
    const council = planOf('council', 4);
    const omitting = { ...council, options: { ...council.options, selfVote: 'omit' as const } };
    expect(estimateCost(omitting, stages, () => price)).toMatchObject({ inputTokens: 27_000, outputTokens: 7_000 });
  });

  it('lets later layers of moa read the answers of the one before', () => {
    expect(estimateCost(planOf('moa', 3, 2), stages, () => price)).toMatchObject({ calls: 7, inputTokens: 3_000 + 3 * 4_000 + 4_000 });
  });

  it('counts a nested panel as a whole run', () => {
    const inner = planOf('council', 4);
    const outer = { ...planOf('council', 2), members: [model('m0'), { kind: 'panel' as const, label: 'panel/inner', plan: inner }] };
    const estimate = estimateCost(outer, stages, () => price);
    expect(estimate.calls).toBe(1 + 9 + 1 + 9 + 1);
  });

  it('does not know a sum with an unknown price', () => {
    const estimate = estimateCost(planOf('rank', 2), stages, (reference) => (reference.model === 'm0' ? null : price));
    expect(estimate.costKnown).toBe(false);
    expect(estimate.costNanoUsd).toBeGreaterThan(0);
  });
});
