import { z } from 'zod';
import { boxedAnswer } from '../scorers/boxed-answer.js';
import { equalAsFormulas } from '../scorers/equal-as-formulas.js';
import { equalAsStrings } from '../scorers/equal-as-strings.js';
import { mathAnswer } from '../scorers/math-answer.js';
import type { Benchmark } from './benchmark.js';

const row = z.object({ problem: z.string(), solution: z.string(), level: z.string().optional(), type: z.string().optional(), unique_id: z.string().optional() });

/** Competition mathematics (Hendrycks et al. 2021, arXiv 2103.03874): Hendrycks' rule on the boxed result, a bounded symbolic check beside it. */
export const math: Benchmark = {
  name: 'math',
  displayName: 'MATH',
  description: '5,000 competition problems in seven subjects and five levels.',
  scorerVersion: 'math-2',
  manifest: {
    benchmark: 'math',
    source: 'microsoft/ToRA (copy of hendrycks/math)',
    revision: '213c1c995038c73fab10343814df7a42f990f026',
    licence: 'MIT',
    split: 'test',
    count: 5000,
    files: [{ name: 'test.jsonl', url: 'https://raw.githubusercontent.com/microsoft/ToRA/213c1c995038c73fab10343814df7a42f990f026/src/data/math/test.jsonl', sha256: null, bytes: null, format: 'jsonl' }],
  },
  badge: 'simplified',
  differences: [{ what: 'examples in the prompt', official: 'fine-tuned models; harnesses show 4 solved examples', here: 'none: the task is described in words' }],
  metric: 'accuracy (Hendrycks equivalence of the boxed result)',
  sampling: { temperature: 0, maxOutputTokens: 2_048 },
  shufflesChoices: false,
  read: (raw, index) => {
    const { problem, solution, level, type, unique_id } = row.parse(raw);
    const target = boxedAnswer(solution);
    if (target === null) return null;
    return { id: unique_id ?? `test-${String(index)}`, question: problem, choices: [], target, category: type ?? null, ...(level !== undefined && { details: { level } }) };
  },
  prompt: (item) => ({
    messages: [{ role: 'user', content: `Solve this problem step by step and give the final result inside \\boxed{}.\n\n${item.question}` }],
    order: null,
    expected: item.target,
  }),
  score: (item, _, answer) => {
    const extracted = boxedAnswer(answer) || null;
    const loose = mathAnswer(answer) || null;
    const isEqual = extracted !== null && equalAsStrings(extracted, item.target);
    const symbolic = loose === null ? 'unextracted' : isEqual || equalAsFormulas(loose, item.target) ? 'correct' : 'incorrect';
    return { verdict: extracted === null ? 'unextracted' : isEqual ? 'correct' : 'incorrect', score: isEqual ? 1 : 0, extracted, also: { symbolic } };
  },
};
