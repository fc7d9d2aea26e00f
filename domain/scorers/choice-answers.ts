import { markedChoice } from '../ballots/extract-answer.js';
import { withPlainLetters } from './plain-signs.js';

/** Letters of answer choices, in order. */
export const choiceLetters = 'ABCDEFGHIJ';

/** MMLU-Pro's chain of three readings (TIGER-AI-Lab, Apache-2.0), in linear time: "answer is X", else "Answer: X", else the last letter that stands alone; null where none hits. Letters of any script make a word, as in Python: ΔG is no G. */
export function chainChoice(answer: string): string | null {
  return markedChoice(answer) ?? answer.match(/(?<![\p{L}\p{N}_])[A-J](?![\p{L}\p{N}_])/gu)?.at(-1) ?? null;
}

/** MMLU-Pro's first reading alone, the only one lm-eval counts: "answer is (X)". */
export function statedChoice(answer: string): string | null {
  return /answer is \(?([A-J])\)?/.exec(answer)?.[1] ?? null;
}

/**
 * The letter an answer of a multiple-choice question settles on: of the last line that says `Answer: X` (bold, brackets, quotes and TeX aside); else in the last `\boxed{}`; else after the last "answer is";
 * else alone on a line; else at the head of an answer of one line. Only letters of the given choices count, small ones only where nothing follows: "Answer: a bit of both" has none, as has "Answer: A or C".
 */
export function finalChoice(answer: string, choices: number): string | null {
  const plain = withoutMarkup(answer);
  const last = choiceLetters[choices - 1] ?? 'A';
  const name = `(?:option |choice |letter )?\\(? ?`;
  // Not a word's beginning, nor the article, nor one of two: "A bat", "A or C", "A, C".
  const capital = `([A-${last}])(?![A-Za-z0-9])(?!(?<=[AI]) (?!because|since|is )[a-z])(?! ?(?:,|/|&|or|and) ?\\(?[A-${last}](?![A-Za-z]))`;
  const small = `([a-${last.toLowerCase()}])(?= ?\\)?\\.? ?$)`;
  const readings = [
    new RegExp(`\\b[Aa](?:nswer|NSWER) ?: ?\\s?\\s?${name}(?:${capital}|${small})`, 'gm'),
    new RegExp(`boxed ?\\(?${capital}`, 'g'),
    new RegExp(`\\b(?:[Aa]nswer|choice|option) is:? ?${name}${capital}`, 'g'),
    new RegExp(`^ ?\\(? ?([A-${last}]) ?[).]* ?$`, 'gm'),
    new RegExp(`^\\s*\\(?([A-${last}])[).:] .*$`, 'g'),
  ];
  for (const reading of readings) {
    const [letter] = [...plain.matchAll(reading)].map((match) => (match[1] ?? match[2] ?? '').toUpperCase()).slice(-1);
    if (letter !== undefined) return letter;
  }
  return null;
}

// Bold, code, brackets of TeX, quotes and repeated blanks say nothing about the letter; full-width signs are as good as plain ones.
function withoutMarkup(text: string): string {
  return withPlainLetters(text)
    .replaceAll(/\\(?:text|mathrm|mathbf|textbf)\b|\\[()]/g, '')
    .replaceAll(/[*_`${}\\[\]"'“”‘’<>]/g, ' ')
    .replaceAll(/[ \t\r\u00A0]+/g, ' ');
}
