import { expect, it } from '@jest/globals';
import { describeWithData, rows } from '../../test/support/recorded-data.js';
import { extractAnswers, extractChoice, extractNumber } from './extract-answer.js';
import { plurality } from './plurality.js';
import type { PluralityTie } from './plurality.js';

function count(votes: (string | null)[][], gold: (string | null)[], tie: PluralityTie) {
  const ranked = votes.map((values) => plurality(values, tie));
  const isTied = (index: number) => ranked[index]?.[0]?.voters.length === ranked[index]?.[1]?.voters.length;
  const isRight = (index: number) => ranked[index]?.[0]?.value === gold[index];
  const isUnanimous = (index: number) => ranked[index]?.[0]?.voters.length === votes[index]?.length;
  const all = votes.map((_, index) => index);
  return {
    right: all.filter(isRight).length,
    ties: all.filter(isTied).length,
    any: all.filter((index) => votes[index]?.includes(gold[index] ?? '?')).length,
    unanimous: all.filter(isUnanimous).length,
    unanimousRight: all.filter((index) => isUnanimous(index) && isRight(index)).length,
  };
}

describeWithData('votes over recorded answers, as the README of the data counts them', () => {
  const solvers = ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification'];
  const models = ['gemini-1.5-pro-002', 'gemini-1.5-flash-002', 'Meta-Llama-3_1-70B-Instruct', 'jamba-1.5-large', 'Phi-3-mini-4k-instruct'];
  const gsm8k = () => rows<Record<string, { solution: string; is_correct: boolean }> & { ground_truth: string }>('gsm8k/example_model_solutions.jsonl');

  it.each([
    ['the last number', (texts: string[]) => texts.map(extractNumber)],
    ['what the answers mark', extractAnswers],
  ] as const)('GSM8K, four solvers, by %s', (_, extract) => {
    const questions = gsm8k();
    const gold = questions.map((row) => extractNumber(row.ground_truth));
    const votes = questions.map((row) => extract(solvers.map((solver) => row[solver]?.solution ?? '')));
    expect(count(votes, gold, { by: 'order', order: [3, 0, 1, 2] })).toEqual({ right: 744, ties: 529, any: 887, unanimous: 163, unanimousRight: 156 });
    expect(count(votes, gold, { by: 'order', order: [0, 1, 2, 3] }).right).toBe(584);
    const verdicts = questions.flatMap((row, index) => solvers.map((solver, voter) => (votes[index]?.[voter] === gold[index]) === row[solver]?.is_correct));
    expect(verdicts.filter((isEqual) => !isEqual)).toEqual([]);
  });

  it.each([
    ['the MMLU-Pro chain', (texts: string[]) => texts.map(extractChoice)],
    ['what the answers mark', extractAnswers],
  ] as const)('MMLU-Pro, five models, by %s', (name, extract) => {
    const questions = rows<{ answer: string }>('mmlu_pro/questions_1000.jsonl');
    const outputs = models.map((model) => rows<{ output: string }>(`mmlu_pro/outputs_1000_${model}.jsonl`));
    const gold = questions.map((question) => question.answer);
    const votes = questions.map((_, index) => extract(outputs.map((rowsOfModel) => rowsOfModel[index]?.output ?? '')));
    const right = models.map((_, voter) => votes.filter((values, index) => values[voter] === gold[index]).length);
    if (name === 'the MMLU-Pro chain') expect(right).toEqual([716, 626, 626, 527, 446]);
    expect(count(votes, gold, { by: 'order', order: [0, 1, 2, 3, 4] })).toMatchObject({ right: 711, ties: 117, any: 858 });
    expect(count(votes, gold, { by: 'order', order: [4, 3, 2, 1, 0] }).right).toBe(678);
    const trio = questions.map((_, index) => extract([1, 2, 3].map((model) => outputs[model]?.[index]?.output ?? '')));
    expect(count(trio, gold, { by: 'order', order: [0, 1, 2] }).right).toBe(660);
  });
});
