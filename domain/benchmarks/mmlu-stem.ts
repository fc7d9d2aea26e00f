import { z } from 'zod';
import type { Benchmark } from './benchmark.js';
import { mmluRules } from './mmlu.js';

const row = z.object({ id: z.number(), question: z.string(), options: z.array(z.string().nullable()), answer: z.string(), topic: z.string() });

/** The questions of MMLU's STEM subjects, from a source whose hash is known. */
export const mmluStem: Benchmark = {
  ...mmluRules,
  name: 'mmlu_stem',
  displayName: 'MMLU STEM',
  description: '3,018 questions of the science and mathematics subjects of MMLU.',
  scorerVersion: 'mmlu-1',
  manifest: {
    benchmark: 'mmlu_stem',
    source: 'deepseek-ai/DeepSeek-Math',
    revision: 'b8b0f8ce093d80bf8e9a641e44142f06d092c305',
    licence: 'MIT',
    split: 'test',
    count: 3018,
    files: [
      {
        name: 'test.jsonl',
        url: 'https://raw.githubusercontent.com/deepseek-ai/DeepSeek-Math/b8b0f8ce093d80bf8e9a641e44142f06d092c305/evaluation/datasets/mmlu_stem/test.jsonl',
        sha256: '1c918d1df6de635a0202c989705c34f19b0c4ad858cbdb27135cdfc7fd44f14a',
        bytes: 1_098_743,
        format: 'jsonl',
      },
    ],
  },
  read: (raw) => {
    const { id, question, options, answer, topic } = row.parse(raw);
    // The source's tools took the word None for a missing value: twelve choices are empty.
    return { id: `stem-${String(id)}`, question, choices: options.map((option) => option ?? 'None'), target: answer, category: topic };
  },
};
