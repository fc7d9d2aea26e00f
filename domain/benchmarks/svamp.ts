import { z } from 'zod';
import { canonicalNumber } from '../scorers/number-answers.js';
import type { Benchmark } from './benchmark.js';
import { scoreNumber } from './number-score.js';

const row = z.object({ ID: z.string(), Body: z.string(), Question: z.string(), Answer: z.number(), Type: z.string() });

/** Word problems whose wording varies (Patel et al. 2021, arXiv 2103.07191). */
export const svamp: Benchmark = {
  name: 'svamp',
  displayName: 'SVAMP',
  description: '1,000 one-step word problems with distracting wording.',
  scorerVersion: 'svamp-1',
  manifest: {
    benchmark: 'svamp',
    source: 'microsoft/ToRA (copy of arkilpatel/SVAMP)',
    revision: '213c1c995038c73fab10343814df7a42f990f026',
    licence: 'MIT',
    split: 'test',
    count: 1000,
    files: [
      {
        name: 'test.jsonl',
        url: 'https://raw.githubusercontent.com/microsoft/ToRA/213c1c995038c73fab10343814df7a42f990f026/src/data/svamp/test.jsonl',
        sha256: 'd0826ff1264f3860e46fc4e71db9e31d2d188960db87090e22677f9493e67a0d',
        bytes: 280_029,
        format: 'jsonl',
      },
    ],
  },
  badge: 'simplified',
  differences: [{ what: 'answer', official: 'an equation, solved by the harness', here: 'the last number of a worked answer, compared as a number' }],
  metric: 'accuracy (last number)',
  sampling: { temperature: 0, maxOutputTokens: 512 },
  shufflesChoices: false,
  read: (raw) => {
    const { ID, Body, Question, Answer, Type } = row.parse(raw);
    const body = Body.trim();
    return { id: ID, question: `${/[.?!]$/.test(body) ? body : `${body}.`} ${Question.trim()}`, choices: [], target: canonicalNumber(String(Answer)) ?? String(Answer), category: Type };
  },
  prompt: (item) => ({
    messages: [{ role: 'user', content: `${item.question}\n\nWork it out briefly, then end with a line of the form "#### 42", with the result as a plain number and nothing after it.` }],
    order: null,
    expected: item.target,
  }),
  score: (item, _, answer) => scoreNumber(item.target, answer),
};
