import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import OpenAI, { BadRequestError, ConflictError, NotFoundError, toFile } from 'openai';
import type { Batch } from 'openai/resources/batches';
import { batchLines } from '../support/batches.js';
import { marker } from '../support/marker.js';
import { stackAddresses } from '../support/stack.js';
import { until } from '../support/until.js';

const client = new OpenAI({ baseURL: `${stackAddresses().apiUrl}/v1`, apiKey: 'unused' });
const folder = mkdtempSync(join(tmpdir(), 'conclave-batches-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const question = (mark: string) => [{ role: 'user', content: `(${mark}) What is the capital of France?` }];
const over = (id: string): Promise<Batch> =>
  until(`end of ${id}`, async () => {
    const batch = await client.batches.retrieve(id);
    return ['completed', 'failed', 'expired', 'cancelled'].includes(batch.status) && batch;
  }, 50_000, 200);
const linesOf = async (fileId: string) => (await (await client.files.content(fileId)).text()).trim().split('\n').map((line) => JSON.parse(line));

describe('batches of the official openai client for Node', () => {
  it.each(['gpt-4o-mini', 'panel/three', 'composite/council/gpt-4o-mini'])('uploads, creates, polls and reads a batch for %s', async (model) => {
    const mark = marker();
    const path = join(folder, `${mark}.jsonl`);
    writeFileSync(path, batchLines([1, 2].map((index) => ({ custom_id: `${mark}-${index}`, body: { model, messages: question(mark) } }))));
    const file = await client.files.create({ file: createReadStream(path), purpose: 'batch' });
    const batch = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { mark } });
    expect(batch).toMatchObject({ object: 'batch', status: 'validating', metadata: { mark } });
    const done = await over(batch.id);
    expect(done).toMatchObject({ status: 'completed', errors: null, error_file_id: null, request_counts: { total: 2, completed: 2, failed: 0 } });
    for (const at of [done.created_at, done.in_progress_at, done.finalizing_at, done.completed_at, done.expires_at]) expect(at).toBeGreaterThan(1_700_000_000);
    const lines = await linesOf(done.output_file_id!);
    expect(lines.map((line) => line.custom_id)).toEqual([`${mark}-1`, `${mark}-2`]);
    for (const line of lines) {
      expect(line).toMatchObject({ error: null, response: { status_code: 200, body: { object: 'chat.completion', model } } });
      // Some simulated models are wrong now and then, as those they stand for.
      expect(line.response.body.choices[0].message.content).toContain(model === 'panel/three' ? 'Paris' : '');
      expect(line.response.body.choices[0].message.content).not.toBe('');
      expect(line.response.body.usage.total_tokens).toBeGreaterThan(0);
      expect(line.response.body.conclave).toMatchObject({ attached: false, degraded: false, missing: [], cost_known: expect.any(Boolean) });
    }
    expect((await client.files.retrieve(done.output_file_id!)).purpose).toBe('batch_output');
  });

  it('lists batches and files page by page', async () => {
    const ids: string[] = [];
    for await (const batch of client.batches.list({ limit: 2 })) {
      ids.push(batch.id);
      if (ids.length === 3) break;
    }
    expect(new Set(ids).size).toBe(3);
    for await (const file of client.files.list({ limit: 1 })) {
      expect(file.object).toBe('file');
      break;
    }
  });

  it('cancels', async () => {
    const mark = marker();
    const file = await client.files.create({ file: await toFile(Buffer.from(batchLines([{ custom_id: 'a', body: { model: 'openai/gpt-4o-mini', messages: question(mark) } }])), 'a.jsonl'), purpose: 'batch' });
    const { id } = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
    const asked = await client.batches.cancel(id);
    expect(['cancelling', 'cancelled']).toContain(asked.status);
    const done = await over(id);
    expect(done.status).toBe('cancelled');
    expect(done.cancelled_at).toBeGreaterThan(0);
    expect(done.cancelling_at).toBeGreaterThan(0);
  });

  it("fails with the lines' faults, and answers errors in OpenAI's shape", async () => {
    const file = await client.files.create({ file: await toFile(Buffer.from('{"custom_id":"a"}\n'), 'a.jsonl'), purpose: 'batch' });
    const { id } = await client.batches.create({ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' });
    const done = await over(id);
    expect(done).toMatchObject({ status: 'failed', errors: { object: 'list', data: [{ line: 1, param: 'method' }] } });
    await expect(client.files.delete(file.id)).rejects.toThrow(ConflictError);
    await expect(client.files.retrieve('file-none')).rejects.toThrow(NotFoundError);
    await expect(client.batches.retrieve('batch_none')).rejects.toThrow(NotFoundError);
    await expect(client.batches.create({ input_file_id: file.id, endpoint: '/v1/embeddings', completion_window: '24h' })).rejects.toThrow(BadRequestError);
    await expect(client.files.create({ file: await toFile(Buffer.from('{}'), 'a.jsonl'), purpose: 'assistants' })).rejects.toThrow(BadRequestError);
  });
});
