import { describe, expect, it } from '@jest/globals';
import type { StrategyPlan } from '../chat/plan.js';
import { planOf } from '../../workflows/consensus/scripted-context.js';
import { batchFault } from './batch-fault.js';
import { planWithSeed } from './plan-with-seed.js';

const withTools = { ...planOf('rank', ['a', 'b'], { options: { toolExecutor: { names: ['search'], maxIterations: 3 } } }), panel: { name: 'fast', version: 1 } };
const nesting = (inner: StrategyPlan): StrategyPlan => ({ ...planOf('council', ['a'], { chairmen: ['b'] }), reviewers: [{ kind: 'panel', label: 'panel/inner', plan: inner }] });

describe('batchFault', () => {
  it('lets plans without a tool executor pass', () => {
    expect(batchFault(nesting(planOf('approve', ['a', 'b'])))).toBeNull();
  });

  it('refuses a tool executor at any depth, and names the panel', () => {
    expect(batchFault(withTools)).toMatchObject({ param: 'model' });
    expect(batchFault(nesting(withTools))?.message).toContain("'panel/fast' runs tools of the service itself (tool_executor: search)");
  });
});

it('planWithSeed reaches nested panels and leaves the plan as it was', () => {
  const plan = nesting(planOf('vote', ['a']));
  const seeded = planWithSeed(plan, 99);
  expect([seeded.options.seed, seeded.reviewers[0]?.kind === 'panel' && seeded.reviewers[0].plan.options.seed]).toEqual([99, 99]);
  expect(plan.options.seed).toBe(7);
});
