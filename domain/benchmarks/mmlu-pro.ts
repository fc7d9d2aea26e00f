import { z } from 'zod';
import { chainChoice, statedChoice } from '../scorers/choice-answers.js';
import type { Benchmark } from './benchmark.js';
import { choicePrompt, scoreChoice } from './choice-prompt.js';
import { verdictOf } from './number-score.js';

const row = z.object({ question_id: z.union([z.number(), z.bigint()]), question: z.string(), options: z.array(z.string()), answer: z.string(), category: z.string() });

const instruction = 'Answer this multiple-choice question. Think step by step, then finish with the sentence "The answer is (X)." where X is the letter of the right choice.';

const rules: Pick<Benchmark, 'scorerVersion' | 'badge' | 'differences' | 'metric' | 'sampling' | 'shufflesChoices' | 'read' | 'prompt' | 'score'> = {
  scorerVersion: 'mmlu-pro-2',
  badge: 'simplified',
  differences: [
    { what: 'examples in the prompt', official: 'five worked examples of the same category', here: 'none' },
    { what: 'answers without a letter', official: 'replaced by a random letter', here: 'counted apart as unextracted, scored 0' },
  ],
  metric: 'accuracy (three-step extraction, no guessing)',
  sampling: { temperature: 0, maxOutputTokens: 2_048 },
  shufflesChoices: false,
  read: (raw) => {
    const { question_id, question, options, answer, category } = row.parse(raw);
    return { id: String(question_id), question, choices: options, target: answer, category };
  },
  prompt: (item) => choicePrompt(item, { instruction, seed: null }),
  score: (_, { expected }, answer) => ({ ...scoreChoice(chainChoice(answer), expected), also: { stated: verdictOf(statedChoice(answer), expected) } }),
};

/** Questions with up to ten choices (Wang et al. 2024, arXiv 2406.01574). */
export const mmluPro: Benchmark = {
  ...rules,
  name: 'mmlu_pro',
  displayName: 'MMLU-Pro',
  description: '12,032 questions of 14 categories with up to ten choices.',
  manifest: {
    benchmark: 'mmlu_pro',
    source: 'huggingface.co/datasets/TIGER-Lab/MMLU-Pro',
    revision: 'b189ec765aa7ed75c8acfea42df31fdae71f97be',
    licence: 'MIT',
    split: 'test',
    count: 12_032,
    files: [{ name: 'test-00000-of-00001.parquet', url: 'https://huggingface.co/datasets/TIGER-Lab/MMLU-Pro/resolve/b189ec765aa7ed75c8acfea42df31fdae71f97be/data/test-00000-of-00001.parquet', sha256: null, bytes: null, format: 'parquet' }],
  },
};

/** A thousand questions of MMLU-Pro for which recorded answers of five models exist; its file is put into the data folder by hand. */
export const mmluPro1000: Benchmark = {
  ...rules,
  name: 'mmlu_pro_1000',
  displayName: 'MMLU-Pro-1000',
  description: '1,000 of the 12,002 questions with published answers of five models, evenly spaced by id.',
  manifest: {
    benchmark: 'mmlu_pro_1000',
    source: 'TIGER-AI-Lab/MMLU-Pro',
    revision: 'f418b116db00',
    licence: 'MIT',
    split: 'test, every twelfth',
    count: 1000,
    files: [{ name: 'questions_1000.jsonl', url: null, sha256: 'bebab90247f890b7aa1a9cc90e94e3560903e6b9e9947ff0c65b720cec077a80', bytes: 793_106, format: 'jsonl' }],
  },
};
