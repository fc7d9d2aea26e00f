import { describe, expect, it } from '@jest/globals';
import type { TreeCall } from './stage-tree.js';
import { stageTree } from './stage-tree.js';

const call = (stage: string, model: string, startedAtMs: number, endedAtMs: number, more: Partial<TreeCall> = {}): TreeCall => ({ stage, model, startedAtMs, endedAtMs, tokens: 100, costUsd: 0.0001, failure: null, ...more });

describe('stage tree', () => {
  it('shows stages in the order they began, with their own time, tokens and cost', () => {
    const lines = stageTree('moa', [call('aggregate', 'c/z', 1_000, 1_500), call('propose', 'a/x', 0, 900), call('propose', 'b/yy', 10, 1_000)]);
    expect(lines).toEqual([
      'moa            1.50 s      300 tokens  $0.000300',
      '├─ propose     1.00 s      200 tokens  $0.000200',
      '│  ├─ a/x      0.90 s      100 tokens  $0.000100',
      '│  └─ b/yy     0.99 s      100 tokens  $0.000100',
      '└─ aggregate   0.50 s      100 tokens  $0.000100',
      '   └─ c/z      0.50 s      100 tokens  $0.000100',
    ]);
  });

  it('names failures, leaves them out of the sums, and never takes unknown for nothing', () => {
    const lines = stageTree('council', [call('propose', 'a/x', 0, 900, { costUsd: null }), call('propose', 'b/y', 0, 100, { failure: 'rate_limit', tokens: null })]);
    expect(lines[0]).toContain('100 tokens  cost unknown');
    expect(lines.find((line) => line.includes('b/y'))).toContain('failed: rate_limit');
  });
});
