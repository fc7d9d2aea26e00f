import { describe, expect, it } from '@jest/globals';
import type { Stop } from '../activities/run-activities.js';
import { answerEach, type Decided } from './answer-each.js';

const cap = { code: 'cost_cap', message: 'The cap is reached.' };

/** Decides and records as each sample's script says; `turns`: how often others go first. */
async function answer(script: Record<string, { hindered?: boolean; decides?: number; records?: number; stop?: Stop }>, concurrency: number) {
  const recorded: string[] = [];
  const begun: string[] = [];
  const turns = async (count = 0): Promise<void> => {
    for (let turn = 0; turn < count; turn++) await Promise.resolve();
  };
  const result = await answerEach(Object.keys(script), {
    concurrency,
    stop: null,
    decide: async (name): Promise<Decided<string>> => {
      begun.push(name);
      await turns(script[name]?.decides);
      return script[name]?.hindered ? { stop: { by: 'hold', reason: cap } } : { outcome: name };
    },
    record: async (name) => {
      await turns(script[name]?.records);
      recorded.push(name);
      return script[name]?.stop ?? null;
    },
  });
  return { ...result, begun, names: recorded };
}

describe('answering the samples of a chunk', () => {
  it('remembers what hindered one sample while another one is being recorded', async () => {
    expect(await answer({ slow: { records: 50 }, hindered: { hindered: true, decides: 10 }, later: {} }, 2)).toEqual({ stop: { by: 'hold', reason: cap }, recorded: 1, begun: ['slow', 'hindered'], names: ['slow'] });
  });

  it('records every sample that was under way when it stopped', async () => {
    const { stop, begun, names } = await answer({ paused: { stop: { by: 'pause' } }, one: { decides: 20 }, two: { decides: 40 }, later: {} }, 3);
    expect([stop, begun, names]).toEqual([{ by: 'pause' }, ['paused', 'one', 'two'], ['paused', 'one', 'two']]);
  });

  it('answers all of them where nothing says stop', async () => {
    expect(await answer({ a: {}, b: { records: 5 }, c: { decides: 5 }, d: {} }, 2)).toMatchObject({ stop: null, recorded: 4, begun: ['a', 'b', 'c', 'd'] });
  });
});
