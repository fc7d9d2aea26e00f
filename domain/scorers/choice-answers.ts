import { extractChoice } from '../ballots/extract-answer.js';

/** Letters of answer choices, in order. */
export const choiceLetters = 'ABCDEFGHIJ';

/** MMLU-Pro's chain of three readings (TIGER-AI-Lab, Apache-2.0), in linear time: "answer is X", else "Answer: X", else the last letter that stands alone; null where none hits. */
export function chainChoice(answer: string): string | null {
  return extractChoice(answer);
}

/** MMLU-Pro's first reading alone, the only one lm-eval counts: "answer is (X)". */
export function statedChoice(answer: string): string | null {
  return /answer is \(?([A-J])\)?/.exec(answer)?.[1] ?? null;
}

/**
 * The letter an answer of a multiple-choice question settles on: of the last line that says `Answer: X` (bold, brackets and TeX aside); else in the last `\boxed{}`; else after the last "answer is";
 * else alone on a line; else the whole answer. Only capitals of the given choices count, so "the answer is a bit unclear" has none.
 */
export function finalChoice(answer: string, choices: number): string | null {
  const plain = withoutMarkup(answer);
  const letter = `([A-${choiceLetters[choices - 1] ?? 'A'}])`;
  const end = '(?![A-Za-z0-9])';
  const readings = [
    new RegExp(`\\b(?:final )?answer ?: ?\\(?${letter}${end}`, 'gi'),
    new RegExp(`boxed ?\\(?${letter}${end}`, 'g'),
    new RegExp(`\\banswer is:? ?(?:option |choice )?\\(?${letter}${end}`, 'g'),
    new RegExp(`^ ?\\(?${letter}[).]? ?$`, 'gm'),
  ];
  for (const reading of readings) {
    const found = [...plain.matchAll(reading)].map((match) => match[1] ?? '').filter((found_) => found_ === found_.toUpperCase());
    const last = found.at(-1);
    if (last !== undefined) return last;
  }
  return null;
}

// Bold, code, brackets of TeX and repeated blanks say nothing about the letter.
function withoutMarkup(text: string): string {
  return text
    .replaceAll(/\\(?:text|mathrm|mathbf|textbf)\b/g, '')
    .replaceAll(/[*_`${}\\[\]]/g, ' ')
    .replaceAll(/[ \t]+/g, ' ');
}
