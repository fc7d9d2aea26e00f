import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { errorText } from './chat-stream.js';
import type { Server } from './find-server.js';
import { findServer } from './find-server.js';
import type { TreeCall } from './stage-tree.js';
import { stageTree } from './stage-tree.js';

const defaultQuestion = "What is 17 * 23, and what is a quick way to do it in one's head?";
const strategies = ['moa', 'council'] as const;
/** Calls that lost the race are recorded a moment after the answer. */
const stragglersMs = 300;

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });
const answerSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })),
  conclave: z.object({ completion_id: z.string(), simulated: z.boolean().nullish(), degraded: z.boolean().nullish(), agreement: z.number().nullish() }),
});
const traceSchema = z.object({
  calls: z.array(
    z.object({
      stage: z.string(),
      provider: z.string(),
      model: z.string(),
      outcome: z.string(),
      failure_code: z.string().nullable(),
      usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }).nullable(),
      cost_usd: z.number().nullable(),
      started_at: z.string(),
      ended_at: z.string(),
    }),
  ),
  temporal: z.object({ url: z.string().nullable() }),
});

/** Asks one question of `moa` and of `council` and prints each one's stages as a tree. */
export async function demoCommand(question: string | undefined, options: { url?: string; key?: string }): Promise<void> {
  const server = await findServer(options);
  const model = await finalModel(server);
  const asked = question ?? defaultQuestion;
  console.log(`${server.url}\nQuestion: ${asked}\n`);
  for (const strategy of strategies) await show(server, `composite/${strategy}/${model}`, asked);
}

async function show(server: Server, model: string, question: string): Promise<void> {
  console.log(`asking ${model} …`);
  const answer = answerSchema.parse(await request(server, '/v1/chat/completions', { model, messages: [{ role: 'user', content: question }] }));
  await wait(stragglersMs);
  const trace = traceSchema.parse(await request(server, `/api/completions/${answer.conclave.completion_id}`));
  for (const line of stageTree(model, trace.calls.map(treeCall))) console.log(line);
  console.log(`\n${(answer.choices[0]?.message.content ?? '').replaceAll(/^/gm, '  ')}\n`);
  const { agreement, simulated, degraded } = answer.conclave;
  const notes = [simulated ? 'simulated' : null, degraded ? 'degraded' : null, agreement == null ? null : `agreement ${agreement.toFixed(2)}`].filter((note) => note !== null);
  if (notes.length > 0) console.log(`  (${notes.join(', ')})`);
  console.log(`  trace:    ${server.url}/api/completions/${answer.conclave.completion_id}${trace.temporal.url === null ? '' : `\n  workflow: ${trace.temporal.url}`}\n`);
}

/** A model for the last word: the first that the server lists with its provider's name. */
async function finalModel(server: Server): Promise<string> {
  const { data } = modelsSchema.parse(await request(server, '/v1/models'));
  const found = data.map(({ id }) => id).find((id) => id.includes('/') && !/^(composite|panel)\//.test(id));
  if (found === undefined) throw new Error('The server lists no model of a provider. Give it a key, such as OPENAI_API_KEY, or start it with CONCLAVE_SIMULATED=on.');
  return found;
}

function treeCall(call: z.infer<typeof traceSchema>['calls'][number]): TreeCall {
  return {
    stage: call.stage,
    model: `${call.provider}/${call.model}`,
    startedAtMs: Date.parse(call.started_at),
    endedAtMs: Date.parse(call.ended_at),
    tokens: call.usage && call.usage.input_tokens + call.usage.output_tokens,
    costUsd: call.cost_usd,
    failure: call.outcome === 'succeeded' ? null : (call.failure_code ?? call.outcome),
  };
}

async function request(server: Server, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${server.url}${path}`, { headers: server.headers, ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(await errorText(response));
  return response.json();
}
