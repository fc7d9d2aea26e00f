import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { strategyNames } from '../../domain/chat/plan.js';
import { strategies } from './registry.js';

describe('the registry of strategies', () => {
  it('holds exactly the strategy files of the folder, under their own names', () => {
    const folder = new URL('.', import.meta.url);
    const files = readdirSync(folder).filter((file) => !file.endsWith('.spec.ts') && /export const \w+: Strategy = \{/.test(readFileSync(new URL(file, folder), 'utf8')));
    expect(files.map((file) => file.replace('.ts', '')).sort()).toEqual(Object.keys(strategies).sort());
    expect(Object.keys(strategies).sort()).toEqual([...strategyNames].sort());
    for (const [name, strategy] of Object.entries(strategies)) expect(strategy.name).toBe(name);
  });
});
