import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecordedLine } from './recorded-answers.js';
import { startSimulatedProvider, type SimulatedProvider } from './simulated-provider.js';

const file = join(process.cwd(), '..', 'shared', 'data', 'gsm8k', 'example_model_solutions.jsonl');
const solvers = ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification'] as const;
type Row = { question: string } & Record<(typeof solvers)[number], { solution: string }>;

const hasData = existsSync(file);

(hasData ? describe : describe.skip)(`recorded GSM8K solutions of four solvers${hasData ? '' : ` (skipped: ${file} is missing)`}`, () => {
  let provider: SimulatedProvider;
  let rows: Row[] = [];
  beforeAll(async () => {
    rows = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line) as Row);
    provider = await startSimulatedProvider({ port: 0 });
    const recorded: RecordedLine[] = rows.flatMap((row) => solvers.map((model) => ({ model, question: row.question, answer: row[model].solution })));
    provider.control({ recorded });
  });
  afterAll(async () => {
    await provider.stop();
  });

  it('come back word for word, each from its own solver, bare and inside a longer prompt', async () => {
    expect(rows).toHaveLength(1319);
    for (const row of rows.filter((_, index) => index % 100 === 0)) {
      for (const model of solvers) {
        for (const content of [row.question, `Solve the problem. End with "A: <number>".\n\n${row.question}`]) {
          const body = JSON.stringify({ model, messages: [{ role: 'user', content }] });
          const answer = await (await fetch(`${provider.url}/simulated/v1/chat/completions`, { method: 'POST', body })).json();
          expect(answer).toMatchObject({ choices: [{ message: { content: row[model].solution } }] });
        }
      }
    }
  });
});
