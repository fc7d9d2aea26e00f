import { z } from 'zod';
import { choiceLetters, finalChoice } from '../scorers/choice-answers.js';
import type { Benchmark, BenchmarkDifference } from './benchmark.js';
import { choicePrompt, scoreChoice } from './choice-prompt.js';
import { mmluGroup } from './mmlu-groups.js';

const row = z.object({ question: z.string(), choices: z.array(z.string()), answer: z.union([z.number(), z.bigint()]), subject: z.string() });

/** What MMLU asks for. */
const instruction = 'Answer this multiple-choice question. Think it through, then write as the last line "Answer: X", where X is the letter of the right choice.';

/** How a generative MMLU differs from the paper's. */
export const mmluDifferences: readonly BenchmarkDifference[] = [
  { what: 'reading of the answer', official: 'likelihood of the four letters', here: 'the letter of the last "Answer:" line of a generated answer' },
  { what: 'examples in the prompt', official: 'five of the same subject', here: 'none' },
];

/** What both MMLU sets share. */
export const mmluRules: Pick<Benchmark, 'badge' | 'differences' | 'metric' | 'sampling' | 'shufflesChoices' | 'prompt' | 'score'> = {
  badge: 'simplified',
  differences: mmluDifferences,
  metric: 'accuracy (last answer line)',
  sampling: { temperature: 0, maxOutputTokens: 1_024 },
  shufflesChoices: false,
  prompt: (item) => choicePrompt(item, { instruction, seed: null }),
  score: (item, { expected }, answer) => scoreChoice(finalChoice(answer, item.choices.length), expected),
};

/** Questions of 57 subjects (Hendrycks et al. 2020, arXiv 2009.03300), answered in words. */
export const mmlu: Benchmark = {
  ...mmluRules,
  name: 'mmlu',
  displayName: 'MMLU',
  description: '14,042 questions of 57 subjects with four choices.',
  scorerVersion: 'mmlu-1',
  manifest: {
    benchmark: 'mmlu',
    source: 'huggingface.co/datasets/cais/mmlu',
    revision: 'c30699e8356da336a370243923dbaf21066bb9fe',
    licence: 'MIT',
    split: 'test',
    count: 14_042,
    files: [{ name: 'test-00000-of-00001.parquet', url: 'https://huggingface.co/datasets/cais/mmlu/resolve/c30699e8356da336a370243923dbaf21066bb9fe/all/test-00000-of-00001.parquet', sha256: null, bytes: null, format: 'parquet' }],
  },
  groupOf: mmluGroup,
  read: (raw, index) => {
    const { question, choices, answer, subject } = row.parse(raw);
    return { id: `test-${String(index)}`, question, choices, target: choiceLetters[Number(answer)] ?? '?', category: subject };
  },
};
