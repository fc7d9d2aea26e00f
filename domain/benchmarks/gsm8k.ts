import { z } from 'zod';
import type { Benchmark } from './benchmark.js';
import { scoreNumber } from './number-score.js';

const row = z.object({ question: z.string(), answer: z.string() });

/** Grade-school word problems (Cobbe et al. 2021, arXiv 2110.14168); strict and flexible extraction side by side. */
export const gsm8k: Benchmark = {
  name: 'gsm8k',
  displayName: 'GSM8K',
  description: '1,319 grade-school word problems with a number as the answer.',
  scorerVersion: 'gsm8k-1',
  manifest: {
    benchmark: 'gsm8k',
    source: 'openai/grade-school-math',
    revision: '3101c7d5072418e28b9008a6636bde82a006892c',
    licence: 'MIT',
    split: 'test',
    count: 1319,
    files: [
      {
        name: 'test.jsonl',
        url: 'https://raw.githubusercontent.com/openai/grade-school-math/3101c7d5072418e28b9008a6636bde82a006892c/grade_school_math/data/test.jsonl',
        sha256: '3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14',
        bytes: 749_738,
        format: 'jsonl',
      },
    ],
  },
  badge: 'simplified',
  differences: [
    { what: 'examples in the prompt', official: 'fine-tuned models; harnesses show 5 or 8 solved examples', here: 'none: the task is described in words' },
    { what: 'main number', official: 'the text after the first "####", compared as text', here: 'the last number, compared as a number; the strict rule stands beside it' },
  ],
  metric: 'accuracy (last number)',
  sampling: { temperature: 0, maxOutputTokens: 1_024 },
  shufflesChoices: false,
  read: (raw, index) => {
    const { question, answer } = row.parse(raw);
    const [, result = ''] = answer.split('\n#### ');
    return { id: `test-${String(index)}`, question, choices: [], target: result.trim().replaceAll(',', ''), category: null };
  },
  prompt: (item) => ({
    messages: [{ role: 'user', content: `Solve this problem step by step. End with a line of the form "#### 42", with the result as a plain number and nothing after it.\n\n${item.question}` }],
    order: null,
    expected: item.target,
  }),
  score: (item, _, answer) => scoreNumber(item.target, answer),
};
