import { z } from 'zod';
import { choiceLetters, finalChoice } from '../scorers/choice-answers.js';
import { bareText } from '../scorers/bare-text.js';
import { instructionCheck, meetsCheck } from '../scorers/instruction-checks.js';
import type { Benchmark, SampleScore } from './benchmark.js';
import { choicePrompt, scoreChoice } from './choice-prompt.js';
import { scoreNumber } from './number-score.js';

const row = z.discriminatedUnion('kind', [
  z.strictObject({ id: z.string(), kind: z.literal('arithmetic'), question: z.string(), answer: z.string() }),
  z.strictObject({ id: z.string(), kind: z.literal('choice'), question: z.string(), choices: z.array(z.string()).min(2), answer: z.string() }),
  z.strictObject({ id: z.string(), kind: z.literal('instruction'), question: z.string(), checks: z.array(instructionCheck).min(1) }),
  z.strictObject({ id: z.string(), kind: z.literal('extraction'), question: z.string(), answer: z.string() }),
]);
const checksOf = z.object({ checks: z.array(instructionCheck) });

/** Sixty items of our own, so that a first run needs no download. */
export const conclaveMini: Benchmark = {
  name: 'conclave-mini',
  displayName: 'Conclave Mini',
  description: '60 items over arithmetic, multiple choice, instruction following and extraction; ships with the product.',
  scorerVersion: 'conclave-mini-1',
  manifest: {
    benchmark: 'conclave-mini',
    source: 'conclave',
    revision: '1',
    licence: 'Apache-2.0',
    split: 'all',
    count: 60,
    files: [{ name: 'conclave-mini.jsonl', url: null, sha256: '5e59e31d091087f16ca1930e982cb08de8eae0ad6103c530db15c46f0fde932e', bytes: 9_442, format: 'jsonl' }],
  },
  badge: 'official',
  differences: [],
  metric: 'accuracy (every demand of an item met)',
  sampling: { temperature: 0, maxOutputTokens: 512 },
  shufflesChoices: true,
  read: (raw) => {
    const item = row.parse(raw);
    const common = { id: item.id, question: item.question, category: item.kind };
    switch (item.kind) {
      case 'choice':
        return { ...common, choices: item.choices, target: choiceLetters[item.choices.indexOf(item.answer)] ?? '?' };
      case 'instruction':
        return { ...common, choices: [], target: '', details: { checks: item.checks } };
      case 'arithmetic':
      case 'extraction':
        return { ...common, choices: [], target: item.answer };
      default: {
        const never: never = item;
        return never;
      }
    }
  },
  prompt: (item, seed) => {
    if (item.category === 'choice') return choicePrompt(item, { instruction: 'Choose the right answer. Write as the last line "Answer: X", where X is its letter.', seed });
    const ending = item.category === 'arithmetic' ? '\n\nEnd with the result as a plain number.' : item.category === 'extraction' ? '\n\nReply with the extracted text only.' : '';
    return { messages: [{ role: 'user', content: `${item.question}${ending}` }], order: null, expected: item.target };
  },
  score: (item, { expected }, answer) => {
    switch (item.category) {
      case 'choice':
        return scoreChoice(finalChoice(answer, item.choices.length), expected);
      case 'arithmetic':
        return { ...scoreNumber(item.target, answer), also: {} };
      case 'extraction':
        return scoreText(item.target, answer);
      default:
        return scoreChecks(checksOf.parse(item.details).checks, answer);
    }
  },
};

// Quotes, a full stop, an article before it, and the kind of blank or hyphen are no mistakes.
function scoreText(target: string, answer: string): SampleScore {
  const bare = (text: string): string => bareText(text.replaceAll(/[\u2010-\u2013\u2212]/g, '-').replaceAll(/\s+/g, ' ').toLowerCase(), '.').replace(/^(?:the|an?) /, '');
  const extracted = answer.trim();
  const [said, wanted] = [bare(extracted), bare(target)];
  // Composing takes the square of a text's length where accents pile up; a character has at most four parts.
  const isEqual = said.length <= 4 * wanted.length && said.normalize('NFC') === wanted.normalize('NFC');
  return { verdict: extracted === '' ? 'unextracted' : isEqual ? 'correct' : 'incorrect', score: isEqual ? 1 : 0, extracted: extracted === '' ? null : Array.from(extracted.slice(0, 400)).slice(0, 200).join(''), also: {} };
}

function scoreChecks(checks: z.infer<typeof checksOf>['checks'], answer: string): SampleScore {
  if (answer.trim() === '') return { verdict: 'unextracted', score: 0, extracted: null, also: {} };
  const missed = checks.filter((check) => !meetsCheck(answer, check)).map((check) => check.rule);
  return { verdict: missed.length === 0 ? 'correct' : 'incorrect', score: missed.length === 0 ? 1 : 0, extracted: missed.length === 0 ? 'all met' : `missed: ${missed.join(', ')}`, also: {} };
}
