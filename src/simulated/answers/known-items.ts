import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { conclaveMini } from '../../../domain/benchmarks/conclave-mini.js';
import type { BenchmarkItem } from '../../../domain/benchmarks/benchmark.js';
import { packageRoot } from '../../supervisor/package-root.js';
import { letterSolution, solutionOf, type Solution } from './solve.js';

/** Answers to the instruction items of conclave-mini, as no rule could make them up. */
const obedient: Record<string, string> = {
  'instruction-01': 'Drops fall softly from clouds.',
  'instruction-02': '- apple\n- pear\n- plum',
  'instruction-03': 'the sea is calm tonight.',
  'instruction-04': 'CLEAR',
  'instruction-05': 'A cup of tea warms the hands.',
  'instruction-06': 'Good morning!',
  'instruction-07': '{"name": "Ada", "age": 36}',
  'instruction-08': 'A map is a drawing of a place seen from above. That is all.',
  'instruction-09': 'Indeed, books keep what people would forget.',
  'instruction-10': 'Snow lies on the fields.\nThe nights are long.',
  'instruction-11': 'The old bridge leads to a new bridge.',
  'instruction-12': 'Blue',
  'instruction-13': '* Monday\n* Tuesday\n* Wednesday\n* Thursday',
  'instruction-14': 'Today we walked all the way to town.',
  'instruction-15': '{"city": "Paris", "country": "France", "population": 2100000}',
};
const disobedient = 'Certainly, here is what you asked for, although I am not sure that it is quite what you had in mind.';

/**
 * The truth about a question of conclave-mini, or null: so that a first run without any key shows models of different skill, and what a panel makes of them. The question is found inside the prompt, a
 * choice's letter by where the prompt shows it.
 */
export function knownItem(prompt: string): Solution | null {
  for (const item of items()) if (prompt.includes(item.question)) return solutionOfItem(item, prompt);
  return null;
}

function solutionOfItem(item: BenchmarkItem, prompt: string): Solution | null {
  if (item.category === 'instruction') return exact(obedient[item.id] ?? null, disobedient);
  if (item.category === 'extraction') return exact(item.target, `The text says a lot, but not "${item.target}"`);
  if (item.category === 'arithmetic') return solutionOf(item.target);
  const answer = item.choices['ABCDEFGHIJ'.indexOf(item.target)] ?? '';
  const letter = prompt.split('\n').find((line) => line.slice(1) === `. ${answer}`)?.[0];
  return letter === undefined ? null : letterSolution(letter, item.choices.length);
}

function exact(answer: string | null, wrong: string): Solution | null {
  return answer === null ? null : { answer, kind: 'exact', wrong: () => wrong };
}

let loaded: BenchmarkItem[] | undefined;

// Read at the first question, kept.
function items(): BenchmarkItem[] {
  loaded ??= readFileSync(join(packageRoot(), 'datasets', 'conclave-mini.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .flatMap((line, index) => conclaveMini.read(JSON.parse(line), index) ?? []);
  return loaded;
}
