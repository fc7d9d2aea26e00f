import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import type { DatasetFile } from '../../domain/benchmarks/benchmark.js';
import { conclaveMini } from '../../domain/benchmarks/conclave-mini.js';
import { mmluPro } from '../../domain/benchmarks/mmlu-pro.js';
import { until } from '../../test/support/until.js';
import { openDataset, type DatasetAccess, type DatasetOptions } from './open-dataset.js';

const lines = Array.from({ length: 2_000 }, (_, index) => `${JSON.stringify({ id: index, text: `row ${String(index)}` })}\n`).join('');
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

let home: string;
let server: Server;
let url: string;
let requests: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

/** Serves `content` as real servers do, ranges included. */
function serve(content: string | Buffer): (request: IncomingMessage, response: ServerResponse) => void {
  const bytes = Buffer.from(content);
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start >= bytes.length) return void response.writeHead(416).end();
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': bytes.length - start, ...(start > 0 ? { 'content-range': `bytes ${String(start)}-${String(bytes.length - 1)}/${String(bytes.length)}` } : {}) });
    response.end(bytes.subarray(start));
  };
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'conclave-datasets-'));
  requests = [];
  answer = serve(lines);
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => { resolve(); }));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/rows.jsonl`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(home, { recursive: true, force: true });
});

function open(file: Partial<DatasetFile> = {}, options: Partial<DatasetOptions> = {}): Promise<DatasetAccess> {
  const files: DatasetFile[] = [{ name: 'rows.jsonl', url, sha256: sha256(lines), bytes: lines.length, format: 'jsonl', ...file }];
  return openDataset({ name: 'spec', manifest: { ...conclaveMini.manifest, benchmark: 'spec', files } }, { home, dispatcher: new Agent(), retryMs: 1, ...options });
}

async function rowsOf(access: DatasetAccess): Promise<unknown[]> {
  if (!access.ok) throw new Error(access.instructions);
  const found: unknown[] = [];
  for await (const row of access.rows()) found.push(row);
  return found;
}

const stored = (name: string): string => join(home, 'datasets', 'spec', name);

describe('openDataset', () => {
  it('reads what ships with the product, held to its hash, without a download', async () => {
    const access = await openDataset(conclaveMini, { home, dispatcher: new Agent() });
    expect(await rowsOf(access)).toHaveLength(60);
    expect(requests).toHaveLength(0);
  });

  it('downloads once, tells progress, and names the hash of what it read', async () => {
    const told: number[] = [];
    const access = await open({}, { onProgress: ({ bytes }) => told.push(bytes) });
    expect(await rowsOf(access)).toHaveLength(2_000);
    expect(access.ok && access.manifest.files[0]).toMatchObject({ sha256: sha256(lines), bytes: lines.length, verified: true });
    expect(told.at(-1)).toBe(lines.length);
    await open();
    expect(requests).toHaveLength(1);
  });

  it('goes on where a connection was cut', async () => {
    answer = (request, response) => {
      if (requests.length > 1) return serve(lines)(request, response);
      response.writeHead(200, { 'content-length': lines.length });
      response.write(lines.slice(0, 10_000));
      void until('a part of the file', () => Promise.resolve(existsSync(stored('rows.jsonl.part')) && statSync(stored('rows.jsonl.part')).size > 0)).then(() => response.destroy());
    };
    expect(await rowsOf(await open())).toHaveLength(2_000);
    const from = Number(/^bytes=(\d+)-$/.exec(requests[1]?.headers.range ?? '')?.[1]);
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(10_000);
  });

  it('goes on where another process ended, and begins anew where the server knows no ranges', async () => {
    mkdirSync(join(home, 'datasets', 'spec'), { recursive: true });
    writeFileSync(stored('rows.jsonl.part'), lines.slice(0, 5_000));
    await open();
    expect(requests[0]?.headers.range).toBe('bytes=5000-');
    rmSync(stored('rows.jsonl'));
    writeFileSync(stored('rows.jsonl.part'), 'something else');
    answer = (_, response) => { response.writeHead(200).end(lines); };
    expect(await rowsOf(await open())).toHaveLength(2_000);
  });

  it('refuses another content with both hashes and keeps it aside', async () => {
    answer = serve(lines.replace('row 7', 'row x'));
    await expect(open()).rejects.toMatchObject({ code: 'dataset_hash', message: expect.stringMatching(new RegExp(`${sha256(lines.replace('row 7', 'row x'))}.*${sha256(lines)}`)) });
    expect(existsSync(stored('rows.jsonl'))).toBe(false);
    expect(existsSync(stored('rows.jsonl.wrong'))).toBe(true);
  });

  it('tells a wrong length too', async () => {
    answer = serve(lines.slice(0, -100));
    await expect(open()).rejects.toThrow(`It has ${String(lines.length - 100)} bytes instead of ${String(lines.length)}.`);
  });

  it('accepts a file that was put there by the same hash, and no other', async () => {
    mkdirSync(join(home, 'datasets', 'spec'), { recursive: true });
    writeFileSync(stored('rows.jsonl'), lines);
    expect(await rowsOf(await open())).toHaveLength(2_000);
    writeFileSync(stored('rows.jsonl'), `${lines}{}\n`);
    await expect(open()).rejects.toMatchObject({ code: 'dataset_hash' });
    expect(requests).toHaveLength(0);
  });

  it('records the first hash of an unverified file and holds to it', async () => {
    const access = await open({ sha256: null, bytes: null });
    expect(access.ok && access.manifest.files[0]).toMatchObject({ sha256: sha256(lines), bytes: lines.length, verified: false });
    expect(readFileSync(stored('rows.jsonl.sha256'), 'utf8')).toContain(sha256(lines));
    rmSync(stored('rows.jsonl'));
    answer = serve(lines.toUpperCase());
    await expect(open({ sha256: null, bytes: null })).rejects.toMatchObject({ code: 'dataset_hash', message: expect.stringContaining('first downloaded') });
  });

  it('does not hold to an unverified file that is no data set, nor keep it in the way of the right one', async () => {
    for (const page of ['<html>Log in first</html>', '']) {
      answer = serve(page);
      if (page === '') answer = (_, response) => { response.writeHead(200).end(); };
      await expect(open({ sha256: null, bytes: null })).rejects.toMatchObject({ code: 'dataset_invalid', message: expect.stringContaining('rows.jsonl.wrong') });
      expect([existsSync(stored('rows.jsonl')), existsSync(stored('rows.jsonl.sha256'))]).toEqual([false, false]);
    }
    answer = serve(Buffer.from('PAR1 cut short'));
    await expect(open({ sha256: null, bytes: null, format: 'parquet' })).rejects.toMatchObject({ code: 'dataset_invalid' });
    answer = serve(lines);
    expect(await rowsOf(await open({ sha256: null, bytes: null }))).toHaveLength(2_000);
    expect(readFileSync(stored('rows.jsonl.sha256'), 'utf8')).toContain(sha256(lines));
  });

  it.each([
    { tag: '"one"', now: 'the same', asked: ['bytes=10000-', '"one"'] },
    { tag: '"one"', now: 'another', asked: ['bytes=10000-', '"one"'] },
    // Neither vouches for bytes.
    { tag: 'W/"one"', now: 'another', asked: [undefined, undefined] },
    { tag: undefined, now: 'another', asked: [undefined, undefined] },
  ])('goes on with a part of an unverified file only where its server vouches for it: ETag $tag, and $now file now', async ({ tag, now, asked }) => {
    const unverified = { sha256: null, bytes: null };
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': lines.length, ...(tag !== undefined && { etag: tag }) });
      response.write(lines.slice(0, 10_000));
      void until('a part of the file', () => Promise.resolve(existsSync(stored('rows.jsonl.part')) && statSync(stored('rows.jsonl.part')).size === 10_000)).then(() => response.destroy());
    };
    expect(await open(unverified, { attempts: 1 })).toMatchObject({ ok: false });
    const content = now === 'another' ? lines.toUpperCase() : lines;
    let heard: unknown[] = [];
    answer = (request, response) => {
      heard = [request.headers.range, request.headers['if-range']];
      if (now === 'another' && request.headers['if-range'] !== undefined) return void response.writeHead(200, { 'content-length': content.length }).end(content);
      serve(content)(request, response);
    };
    const access = await open(unverified);
    expect(heard).toEqual(asked);
    expect(access.ok && access.manifest.files[0]?.sha256).toBe(sha256(content));
    expect(existsSync(stored('rows.jsonl.part.etag'))).toBe(false);
  });

  it('says what to do where it can not be had: no address, no server, a refusal', async () => {
    expect(await open({ url: null })).toMatchObject({ ok: false, instructions: expect.stringContaining(`Put the file 'rows.jsonl' (sha256 ${sha256(lines)})`) });
    answer = (_, response) => { response.writeHead(404).end(); };
    expect(await open()).toMatchObject({ ok: false, instructions: expect.stringContaining('answered 404') });
    expect(requests).toHaveLength(1);
    answer = (_, response) => { response.writeHead(503).end(); };
    expect(await open({}, { attempts: 3 })).toMatchObject({ ok: false, instructions: expect.stringContaining('in 3 attempts') });
    expect(requests).toHaveLength(4);
  });

  it('is downloaded once by two that want it at the same time', async () => {
    const both = await Promise.all([open(), open()]);
    expect((await Promise.all(both.map(rowsOf))).map((found) => found.length)).toEqual([2_000, 2_000]);
    expect(requests).toHaveLength(1);
    expect(existsSync(stored('rows.jsonl.lock'))).toBe(false);
  });

  it('reads parquet over row groups, as the loader of the benchmark expects it', async () => {
    const content = readFileSync(join(process.cwd(), 'test', 'fixtures', 'datasets', 'questions.parquet'));
    answer = serve(content);
    const found = await rowsOf(await open({ name: 'questions.parquet', sha256: sha256(content), bytes: content.length, format: 'parquet' }));
    expect(found).toHaveLength(1_200);
    expect(mmluPro.read(found[1_100], 1_100)).toEqual({ id: '1100', question: 'What is 1100 + 1?', choices: ['1100', '1101'], target: 'B', category: 'maths' });
    const text = 'no parquet';
    answer = serve(text);
    await expect(rowsOf(await open({ name: 'wrong.parquet', sha256: sha256(text), bytes: text.length, format: 'parquet' }))).rejects.toMatchObject({ code: 'dataset_invalid' });
  });

  it('names the line that is not JSON', async () => {
    const broken = '{"id": 1}\n{"id": \n';
    answer = serve(broken);
    await expect(rowsOf(await open({ sha256: sha256(broken), bytes: broken.length }))).rejects.toMatchObject({ code: 'dataset_invalid', message: expect.stringContaining('line 2') });
  });
});
