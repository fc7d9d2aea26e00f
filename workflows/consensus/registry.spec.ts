import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { strategyNames } from '../../domain/chat/plan.js';
import { callsOfPlan, strategies } from './registry.js';
import { planOf } from './scripted-context.js';

describe('the registry of strategies', () => {
  it('holds exactly the strategy files of the folder, under their own names', () => {
    const folder = new URL('.', import.meta.url);
    const files = readdirSync(folder).filter((file) => !file.endsWith('.spec.ts') && /export const \w+: Strategy = \{/.test(readFileSync(new URL(file, folder), 'utf8')));
    expect(files.map((file) => file.replace('.ts', '')).sort()).toEqual(Object.keys(strategies).sort());
    expect(Object.keys(strategies).sort()).toEqual([...strategyNames].sort());
    for (const [name, strategy] of Object.entries(strategies)) expect(strategy.name).toBe(name);
  });

  it('counts the calls inside nested panels', () => {
    const inner = planOf('council', ['a', 'b'], { chairmen: ['c'] });
    const outer = planOf('moa', ['d', 'e'], { chairmen: ['f'] });
    outer.members[1] = { kind: 'panel', label: 'panel/inner', plan: inner };
    expect(callsOfPlan(outer)).toEqual([
      { stage: 'propose', calls: 1 },
      { stage: 'propose', calls: 2 },
      { stage: 'review', calls: 2 },
      { stage: 'chairman', calls: 1 },
      { stage: 'aggregate', calls: 1 },
    ]);
  });
});
