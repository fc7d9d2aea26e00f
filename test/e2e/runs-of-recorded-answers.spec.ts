import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { extractAnswers } from '../../domain/ballots/extract-answer.js';
import { gsm8k } from '../../domain/benchmarks/gsm8k.js';
import { mmluPro1000 } from '../../domain/benchmarks/mmlu-pro.js';
import type { Benchmark } from '../../domain/benchmarks/benchmark.js';
import { dataUrl, describeWithData, rows } from '../support/recorded-data.js';
import { startRunTestStack, type RunTestStack } from '../support/run-stack.js';
import { planOf } from '../support/runs.js';
import { stackAddresses } from '../support/stack.js';

const solvers = { '6b_finetuning': 286, '6b_verification': 515, '175b_finetuning': 458, '175b_verification': 742 };
const models = { 'gemini-1.5-pro-002': 716, 'gemini-1.5-flash-002': 626, 'Meta-Llama-3_1-70B-Instruct': 626, 'jamba-1.5-large': 527, 'Phi-3-mini-4k-instruct': 446 };
type Solved = { question: string } & Record<keyof typeof solvers, { solution: string }>;

let stack: RunTestStack;

/** The exact prompt of each row, as the run will ask it. */
function promptsOf(benchmark: Benchmark, path: string): string[] {
  return rows<unknown>(path).map((row, index) => {
    const item = benchmark.read(row, index);
    const [message] = item ? benchmark.prompt(item, 'conclave').messages : [];
    return typeof message?.content === 'string' ? message.content : '';
  });
}

async function record(lines: { model: string; question: string; answer: string }[]): Promise<void> {
  const response = await fetch(`${stackAddresses().simulatedUrl}/control`, { method: 'POST', body: JSON.stringify({ recorded: lines }) });
  if (!response.ok) throw new Error(await response.text());
}

async function correctOf(id: string, rest = ''): Promise<number> {
  const [row] = await stack.runs.samples<{ count: number }>(id, 'count(*)::integer AS count', `AND verdict = 'correct' ${rest}`);
  return row?.count ?? 0;
}

describeWithData('recorded answers as whole runs', () => {
  beforeAll(async () => {
    stack = await startRunTestStack();
    stack.place('gsm8k', dataUrl('gsm8k/test.jsonl'), 'test.jsonl');
    stack.place('mmlu_pro_1000', dataUrl('mmlu_pro/questions_1000.jsonl'), 'questions_1000.jsonl');
    const solved = rows<Solved>('gsm8k/example_model_solutions.jsonl');
    const asked = promptsOf(gsm8k, 'gsm8k/test.jsonl');
    await record(solved.flatMap((row, index) => Object.keys(solvers).map((model) => ({ model, question: asked[index] ?? '', answer: row[model as keyof typeof solvers].solution }))));
    const questions = promptsOf(mmluPro1000, 'mmlu_pro/questions_1000.jsonl');
    for (const model of Object.keys(models)) {
      const answers = rows<{ output: string }>(`mmlu_pro/outputs_1000_${model}.jsonl`);
      await record(answers.map(({ output }, index) => ({ model, question: questions[index] ?? '', answer: output })));
    }
    await stack.startWorker();
  }, 120_000);
  afterAll(() => stack.stop(), 30_000);

  it.each(Object.entries(solvers))('GSM8K: solver %s has its %i right answers', async (solver, right) => {
    const id = await stack.runs.start({ plan: planOf('single', [`simulated/${solver}`]), benchmarks: ['gsm8k'], concurrency: 50 });
    expect(await stack.runs.ended(id, 150_000)).toMatchObject({ status: 'succeeded' });
    expect(await correctOf(id)).toBe(right);
    expect(await correctOf(id, `AND also->>'strict' = 'correct'`)).toBe(0);
  }, 160_000);

  it.each(Object.entries(models))('MMLU-Pro-1000: %s has its %i right answers', async (model, right) => {
    const id = await stack.runs.start({ plan: planOf('single', [`simulated/${model}`]), benchmarks: ['mmlu_pro_1000'], concurrency: 50 });
    expect(await stack.runs.ended(id, 150_000)).toMatchObject({ status: 'succeeded' });
    expect(await correctOf(id)).toBe(right);
  }, 160_000);

  /**
   * Our `vote` breaks ties by the sample's seed, where the published counts break them by listed order: what is defined alike is everything but ties. The answers voted on are what `extractAnswers` reads.
   */
  it.each([
    { name: 'four GSM8K solvers', benchmark: gsm8k, members: Object.keys(solvers), questions: 'gsm8k/test.jsonl' },
    { name: 'three MMLU-Pro models', benchmark: mmluPro1000, members: ['gemini-1.5-flash-002', 'Meta-Llama-3_1-70B-Instruct', 'jamba-1.5-large'], questions: 'mmlu_pro/questions_1000.jsonl' },
  ])('votes of $name: the majority wins wherever there is one, and nobody else is returned on a tie', async ({ benchmark, members, questions }) => {
    const size = 250;
    const id = await stack.runs.start({ plan: planOf('vote', members.map((member) => `simulated/${member}`)), benchmarks: [benchmark.name], concurrency: 30, subset: { seed: 'conclave', percent: null, count: size } });
    expect(await stack.runs.ended(id, 280_000)).toMatchObject({ status: 'succeeded' });
    const decided = await stack.runs.samples<{ item_id: string; answer: string; verdict: string }>(id, 'item_id, answer, verdict', '');
    expect(decided).toHaveLength(size);
    const solved = benchmark === gsm8k ? rows<Solved>('gsm8k/example_model_solutions.jsonl') : null;
    const outputs = members.map((member) => (solved ? solved.map((row) => row[member as keyof typeof solvers].solution) : rows<{ output: string }>(`mmlu_pro/outputs_1000_${member}.jsonl`).map(({ output }) => output)));
    const positions = new Map(rows<unknown>(questions).map((row, index) => [benchmark.read(row, index)?.id ?? '', index]));
    let majorities = 0;
    for (const { item_id: itemId, answer } of decided) {
      const texts = outputs.map((output) => output[positions.get(itemId) ?? -1] ?? '');
      const answers = extractAnswers(texts);
      const votes = new Map<string, number>();
      for (const found of answers) if (found !== null) votes.set(found, (votes.get(found) ?? 0) + 1);
      const most = Math.max(0, ...votes.values());
      const leaders = [...votes].filter(([, count]) => count === most).map(([found]) => found);
      const returned = texts.indexOf(answer);
      expect(returned).toBeGreaterThanOrEqual(0);
      if (leaders.length > 0) expect(leaders).toContain(answers[returned]);
      if (leaders.length === 1) majorities++;
    }
    expect(majorities).toBeGreaterThan(size / 3);
  }, 300_000);
});
