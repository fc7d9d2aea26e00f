import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spoolInput } from './spool-input.js';

async function* repeat(text: string, times: number): AsyncGenerator<string> {
  for (let turn = 0; turn < times; turn += 1) yield await Promise.resolve(text);
}

describe('spoolInput', () => {
  let parent: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'spool-spec-'));
  });
  afterAll(() => rm(parent, { recursive: true }));

  it('knows its bytes, can be read again, and has no name while it is used', async () => {
    const text = 'ä€'.repeat(1_000);
    const seen = await spoolInput(
      repeat(text, 500),
      10_000_000,
      async (input) => ({ bytes: input.bytes, names: await readdir(parent), texts: [await new Response(input.read()).text(), await new Response(input.read()).text()] }),
      parent,
    );
    expect(seen.bytes).toBe(Buffer.byteLength(text) * 500);
    expect(seen.names).toEqual([]);
    expect(seen.texts.every((read) => read === text.repeat(500))).toBe(true);
  });

  it('refuses more than a job may have, and leaves nothing', async () => {
    await expect(spoolInput(repeat('x'.repeat(1_000), 3_000), 2_000_000, () => Promise.resolve('used'), parent)).rejects.toThrow('2000000 bytes');
    await expect(spoolInput(repeat('x', 1), 10, () => Promise.reject(new Error('refused')), parent)).rejects.toThrow('refused');
    expect(await readdir(parent)).toEqual([]);
  });
});
