import { describe, expect, it } from '@jest/globals';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { PlanQuestion } from '../panels/plan-result.js';
import { planOf } from '../../workflows/consensus/scripted-context.js';
import { lineOfItem } from './batch-line.js';
import { ItemReader, type ItemReaderParts, type ReadItem } from './item-reader.js';

const plan: StrategyPlan = planOf('single', ['a']);
const questions: PlanQuestion[] = [];
const parts: ItemReaderParts = {
  batchId: 'batch_1',
  defaults: { model: 'openai/gpt-4o-mini', parameters: { max_tokens: 10 } },
  schema: null,
  strict: false,
  cap: null,
  plan: (question) => {
    questions.push(question);
    return { ok: true, plan, simulated: false };
  },
  resolve: () => ({ ok: false, param: 'model', message: 'not asked' }),
};

async function read(text: string, changes: Partial<ItemReaderParts> = {}): Promise<ReadItem[]> {
  const source = (async function* () {
    yield await Promise.resolve(Buffer.from(text));
  })();
  const items: ReadItem[] = [];
  for await (const item of new ItemReader({ ...parts, ...changes }).read(source)) items.push(item);
  return items;
}
const messages = [{ role: 'user', content: 'x' }];
const line = (item: Record<string, unknown>): string => `${JSON.stringify(item)}\n`;
const itemOf = (item: ReadItem | undefined) => (item?.ok === true ? item.item : null);
const faultOf = (item: ReadItem | undefined) => (item?.ok === false ? item.fault : null);

describe('ItemReader', () => {
  it('reads inline items and lines of OpenAI alike, the batch\'s parameters below their own', async () => {
    const [inline] = await read(lineOfItem({ prompt: 'x', temperature: 0.5 }, 0));
    const [plain] = await read(line({ custom_id: 'item-1', prompt: 'x', temperature: 0.5 }));
    const [openai] = await read(line({ custom_id: 'item-1', method: 'POST', url: '/v1/chat/completions', body: { messages, temperature: 0.5 } }));
    expect(itemOf(inline)?.request).toEqual({ messages: [{ role: 'user', content: 'x' }], sampling: { temperature: 0.5, maxOutputTokens: 10 } });
    expect([itemOf(plain), itemOf(openai)]).toEqual([itemOf(inline), itemOf(inline)]);
    expect(itemOf((await read(line({ messages, max_tokens: 99 })))[0])?.request.sampling.maxOutputTokens).toBe(99);
  });

  it('gives an item the same seed whenever it is read, another in another batch, and its own where it names one', async () => {
    const text = line({ custom_id: 'a', messages });
    const seeds = [await read(text), await read(text), await read(text, { batchId: 'batch_2' })].map(([item]) => itemOf(item)?.seed);
    expect(seeds[0]).toBe(seeds[1]);
    expect(seeds[0]).not.toBe(seeds[2]);
    expect(itemOf((await read(line({ messages, seed: 7 })))[0])?.seed).toBe(7);
    expect(itemOf((await read(line({ messages, conclave: { seed: 8 }, seed: 7 })))[0])?.seed).toBe(8);
  });

  it('plans equal questions once, whatever their seeds', async () => {
    questions.length = 0;
    const items = await read([1, 2, 3].map((seed) => line({ custom_id: String(seed), messages, seed })).join(''));
    expect(questions).toHaveLength(1);
    expect(new Set(items.map((item) => itemOf(item)?.planHash)).size).toBe(1);
  });

  it('plans the samples of a run as the run was planned, whatever its panel has become since', async () => {
    questions.length = 0;
    const [now] = await read(line({ messages }));
    const plan = { ...itemOf(now)!.plan, members: [] };
    const [item] = await read(line({ messages, conclave: { seed: 5 } }), { defaults: { ...parts.defaults, planned: { plan, simulated: true } } });
    expect(itemOf(item)).toMatchObject({ plan: { members: [] }, seed: 5, simulated: true });
    expect(questions).toHaveLength(1);
  });

  it('names what is wrong with a line, and counts only items', async () => {
    const items = await read(['[]\n', '{"a"\n', line({ custom_id: 5, messages }), line({ custom_id: 'a', messages }), line({ custom_id: 'a', messages }), line({ messages, input_price: 1 }), line({ messages: 'x' }), line({ custom_id: 'b', messages })].join(''));
    expect(items.map((item) => faultOf(item)?.code ?? itemOf(item)?.ordinal)).toEqual(['invalid_value', 'invalid_json_line', 'invalid_value', 0, 'duplicate_custom_id', 'invalid_value', 'invalid_value', 1]);
    expect(items.map((item) => faultOf(item)?.param ?? null)).toEqual([null, null, 'custom_id', null, 'custom_id', 'input_price', 'messages', null]);
    expect(faultOf(items[4])).toMatchObject({ line: 5, customId: 'a', message: expect.stringContaining("'a'") });
  });

  it('wants OpenAI\'s form where it is OpenAI\'s interface, and says that an input is empty', async () => {
    expect(faultOf((await read(line({ custom_id: 'a', messages }), { strict: true }))[0])).toMatchObject({ param: 'method' });
    expect(faultOf((await read(line({ method: 'POST', url: '/v1/chat/completions', body: {} }), { strict: true }))[0])).toMatchObject({ param: 'custom_id' });
    expect(faultOf((await read(line({ custom_id: 'a', method: 'POST', url: '/v1/embeddings', body: {} }), { strict: true }))[0])).toMatchObject({ code: 'invalid_url', param: 'url' });
    expect(faultOf((await read(line({ custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: { messages } }), { strict: true, defaults: { model: null, parameters: {} } }))[0])).toMatchObject({ param: 'body.model' });
    expect(faultOf((await read('\n\n'))[0])).toMatchObject({ code: 'empty_file' });
  });

  it('asks for the batch\'s schema where an item has no response format of its own', async () => {
    const schema = { type: 'object' };
    const items = await read(line({ custom_id: 'a', messages }) + line({ custom_id: 'b', messages, response_format: { type: 'text' } }), { schema });
    expect(items.map((item) => itemOf(item)?.request.responseFormat?.type)).toEqual(['json_schema', 'text']);
  });
});
