import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowsOf } from '../support/database.js';
import { stackAddresses } from '../support/stack.js';
import { SimulatedClient } from '../support/simulated-client.js';

interface Run {
  code: number | null;
  output: string;
  errors: string;
}

const { apiUrl, databaseUrl, simulatedUrl } = stackAddresses();
const simulated = new SimulatedClient(simulatedUrl);
const model = 'simulated/batch-cli';

/** Runs the built command line as a user's shell does, without a terminal. `onOutput` sees standard output as it grows. */
function conclave(args: string[], more: { input?: string; url?: string; onStart?: (kill: (signal: NodeJS.Signals) => void) => void; onOutput?: (output: string, kill: (signal: NodeJS.Signals) => void) => void } = {}): Promise<Run> {
  const child = spawn(process.execPath, ['dist/src/cli/main.js', 'batch', ...args], { env: { PATH: process.env['PATH'], CONCLAVE_URL: more.url ?? apiUrl, NO_COLOR: '1', NO_PROXY: '*' } });
  more.onStart?.((signal) => child.kill(signal));
  const run: Run = { code: null, output: '', errors: '' };
  child.stdout.on('data', (piece: Buffer) => {
    run.output += piece.toString();
    more.onOutput?.(run.output, (signal) => child.kill(signal));
  });
  child.stderr.on('data', (piece: Buffer) => (run.errors += piece.toString()));
  child.stdin.end(more.input ?? '');
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...run, code })));
}

const lines = (text: string) => text.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);

describe('conclave batch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-batch-cli-'));
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const items = (count: number) => Array.from({ length: count }, (_, index) => JSON.stringify({ custom_id: `q${String(index)}`, prompt: `What is ${String(index)} + 1?` })).join('\n');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('submits a file, watches it to its end in lines, and writes its results in the order of the file', async () => {
    const submitted = await conclave(['submit', file('three.jsonl', items(3)), '--model', model, '--mode', 'realtime', '--tag', 'cli-spec', '--watch', '--timeout', '1m']);
    expect(submitted).toMatchObject({ code: 0, output: expect.stringMatching(/batch_\w+ · completed · 3\/3 done/) });
    const id = /batch_\w+/.exec(submitted.output)?.[0] ?? '';
    const target = join(folder, 'results.jsonl');
    expect(await conclave(['results', id, '--output', target])).toMatchObject({ code: 0, output: '' });
    expect(lines(readFileSync(target, 'utf8')).map((line) => [line.custom_id, line.status])).toEqual([['q0', 'succeeded'], ['q1', 'succeeded'], ['q2', 'succeeded']]);
    const [listed] = lines((await conclave(['list', '--tag', 'cli-spec', '--json'])).output);
    expect(listed).toMatchObject({ id, status: 'completed', metadata: { cli_model_override: true, cli_provider_override: false } });
    expect((await conclave(['list', '--tag', 'cli-spec'])).output).toContain(id);
    expect(await conclave(['status', id])).toMatchObject({ code: 0, output: expect.stringContaining('100 %') });
  });

  it('reads standard input and prompts', async () => {
    const piped = await conclave(['submit', '-', '-m', model, '--mode', 'realtime', '--json', '-w'], { input: items(2) });
    expect(piped.code).toBe(0);
    expect(lines(piped.output).at(-1)).toMatchObject({ status: 'completed', counts: { total: 2, succeeded: 2 } });
    const asked = await conclave(['submit', '-p', 'What is 1 + 1?', 'What is 2 + 2?', '-m', model, '--mode', 'realtime', '-w', '--json']);
    expect(lines(asked.output).at(-1)).toMatchObject({ counts: { total: 2, succeeded: 2 } });
  });

  it('asks for --yes above the limit, with the estimate, and submits nothing without it', async () => {
    const many = file('many.jsonl', items(51));
    const refused = await conclave(['submit', many, '-m', model, '--tag', 'cli-many']);
    expect(refused).toMatchObject({ code: 1, output: '', errors: expect.stringMatching(/51 items, 51 calls to simulated\/batch-cli.*add --yes/) });
    expect(lines((await conclave(['list', '--tag', 'cli-many', '--json'])).output)).toEqual([]);
    const taken = await conclave(['submit', many, '-m', model, '--tag', 'cli-many', '--mode', 'realtime', '--yes']);
    expect(taken).toMatchObject({ code: 0, output: expect.stringMatching(/^batch_\w+\n$/) });
  });

  it('leaves the batch alone when the time is up or someone presses Ctrl-C, and says how to come back', async () => {
    await simulated.rules({ model: 'batch-cli-held', effect: 'hold' });
    const id = (await conclave(['submit', '-p', 'Wait.', '-m', 'simulated/batch-cli-held', '--mode', 'realtime'])).output.trim();
    expect(await conclave(['watch', id, '--timeout', '1s'])).toMatchObject({ code: 3, errors: expect.stringContaining(`conclave batch watch ${id}`) });
    const left = await conclave(['watch', id], { onOutput: (_, kill) => kill('SIGINT') });
    expect(left).toMatchObject({ code: 130, errors: expect.stringMatching(new RegExp(`The batch goes on\\..*conclave batch watch ${id}`)) });
    expect(JSON.parse((await conclave(['status', id, '--json'])).output)).toMatchObject({ counts: { pending: 1 } });
    expect((await conclave(['cancel', id])).code).toBe(0);
    expect(await conclave(['watch', id, '--timeout', '30s'])).toMatchObject({ code: 1, output: expect.stringContaining('canceled') });
  });

  it('ends with 2 at the cost limit and says how to go on', async () => {
    const held = await conclave(['submit', '-p', 'What is 1 + 1?', '-m', 'openai/gpt-4o-mini', '--mode', 'realtime', '--max-tokens', '100', '--max-cost', '0.0000001', '-w', '--timeout', '30s']);
    expect(held).toMatchObject({ code: 2, errors: expect.stringContaining('--max-cost USD') });
    const id = /batch_\w+/.exec(held.output)?.[0] ?? '';
    // It goes on before the command is done, so that a watch right after it does not find it held.
    expect(await conclave(['resume', id, '--max-cost', '1'])).toMatchObject({ code: 0, output: expect.not.stringContaining('paused') });
    expect((await conclave(['watch', id, '--timeout', '30s'])).code).toBe(0);
    const given = /batch_\w+/.exec((await conclave(['submit', '-p', 'What is 1 + 1?', '-m', 'openai/gpt-4o-mini', '--max-tokens', '100', '--max-cost', '0.0000001', '-w'])).output)?.[0] ?? '';
    await conclave(['cancel', given]);
    expect(await conclave(['watch', given, '--timeout', '30s'])).toMatchObject({ code: 1, errors: expect.not.stringContaining('resume') });
  });

  it('gives the same batch for the same key and file, and leaves no file of a batch that is refused', async () => {
    const key = `cli-${String(Date.now())}`;
    const name = `${key}.jsonl`;
    const submit = (content: string) => conclave(['submit', file(name, content), '-m', model, '--mode', 'realtime', '--idempotency-key', key]);
    const first = await submit(items(2));
    expect(first).toMatchObject({ code: 0, output: expect.stringMatching(/^batch_/) });
    expect(await submit(items(2))).toMatchObject({ code: 0, output: first.output });
    expect(await submit(items(3))).toMatchObject({ code: 1, errors: expect.stringContaining('another body') });
    expect(await conclave(['submit', file(name, '{"prompt": 1}\n'), '-m', model])).toMatchObject({ code: 1, errors: expect.stringContaining("'prompt' is a number") });
    expect(await conclave(['submit', file(name, 'nonsense\n{"prompt": 1}\n'), '-m', model])).toMatchObject({ code: 1, errors: expect.stringMatching(/^Line 1: .*nonsense[^]*\nLine 2 \('item-2'\): 'prompt' is a number/) });
    expect(await conclave(['submit', file(name, items(9)), '-m', 'composite/concil/x'])).toMatchObject({ code: 1, errors: expect.stringMatching(/^Line 1 [^\n]*'concil' is not a strategy[^\n]*\nLines 2–9: the same\.\n$/) });
    expect(await rowsOf(databaseUrl, 'SELECT count(*)::integer AS files FROM files WHERE filename = $1', [name])).toEqual([{ files: 1 }]);
  });

  it('steers a batch: another mode, stored answers judged anew, what failed or is lost asked again', async () => {
    await simulated.rules({ model: 'batch-cli-steered', effect: 'hold', count: 1 });
    const id = (await conclave(['submit', '-p', 'Reply with exactly: [1]', 'Reply with exactly: [2]', '-m', 'simulated/batch-cli-steered', '--mode', 'realtime'])).output.trim();
    expect(await conclave(['switch', id, 'batch'])).toMatchObject({ code: 0, output: expect.stringContaining('then batch') });
    expect(await conclave(['switch', id, 'fast'])).toMatchObject({ code: 1, errors: expect.stringContaining('Allowed choices are batch, realtime') });
    await simulated.release({ model: 'batch-cli-steered' });
    expect((await conclave(['watch', id, '--timeout', '30s'])).code).toBe(0);
    expect(await conclave(['revalidate', id])).toMatchObject({ code: 1, errors: expect.stringContaining('has no schema') });
    const schema = file('schema.json', JSON.stringify({ type: 'array', minItems: 2 }));
    expect(await conclave(['revalidate', id, '--schema', schema])).toMatchObject({ code: 1, output: '2 answers judged: 0 valid, 2 invalid, 2 items changed\n', errors: expect.stringContaining(`retry ${id}`) });
    expect(lines((await conclave(['revalidate', id, '--schema', file('other.json', JSON.stringify({ type: 'array', minItems: 1 })), '--json'])).output)).toMatchObject([{ checked: 2, valid: 2, changed: 2 }]);
    expect(await conclave(['verify', id, '--repair'])).toMatchObject({ code: 0, output: expect.stringContaining('integrity OK') });
    await rowsOf(databaseUrl, 'DELETE FROM calls WHERE completion_id = $1', [`${id}.0`]);
    expect(await conclave(['verify', id])).toMatchObject({ code: 1, errors: expect.stringContaining('--repair') });
    expect(await conclave(['verify', id, '--repair'])).toMatchObject({ code: 0, errors: expect.stringMatching(/^1 call and 1 item are made again\. See "conclave batch watch/) });
    expect(await conclave(['watch', id, '--timeout', '30s'])).toMatchObject({ code: 0, output: expect.stringContaining('2/2 done') });
    expect(await conclave(['verify', id])).toMatchObject({ code: 0 });
  });

  it('says what is wrong: no such batch, no such file, no input', async () => {
    expect(await conclave(['watch', 'batch_nobody'])).toMatchObject({ code: 1, errors: expect.stringContaining("'batch_nobody' does not exist") });
    expect(await conclave(['submit', join(folder, 'missing.jsonl'), '-m', model])).toMatchObject({ code: 1, errors: expect.stringContaining("can't be read") });
    expect(await conclave(['submit', '-m', model])).toMatchObject({ code: 1, errors: expect.stringContaining('--prompt') });
    expect(await conclave(['watch', 'batch_1', '--timeout', 'soon'])).toMatchObject({ code: 1, errors: expect.stringContaining('1h30m') });
    expect(await conclave(['submit', '-p', 'x', '-m', model, '--timeout', '1m'])).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('add --watch') });
    expect(await conclave(['submit', folder, '-m', model])).toMatchObject({ code: 1, errors: expect.stringContaining("can't be read") });
  });
});

describe('conclave batch submit, whose answer does not come', () => {
  const keys: (string | undefined)[] = [];
  let api: Server;
  let url: string;
  let onSubmission: (socket: Socket, response: ServerResponse) => void = () => undefined;
  beforeAll(async () => {
    api = createServer((request, response) => {
      if (request.method !== 'POST') return void response.writeHead(200).end('{}');
      keys.push(request.headers['idempotency-key'] as string | undefined);
      request.resume();
      onSubmission(request.socket, response);
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((api.address() as AddressInfo).port)}`;
  });
  afterAll(() => new Promise((resolve) => api.close(resolve)));

  it('says by which key the batch is found again, or submitted', async () => {
    onSubmission = (socket) => socket.destroy();
    const lost = await conclave(['submit', '-p', 'x'], { url });
    expect(lost).toMatchObject({ code: 1, output: '', errors: expect.stringContaining(`--idempotency-key ${keys[0] ?? 'none'}`) });
    const interrupted = conclave(['submit', '-p', 'x'], { url, onStart: (kill) => { onSubmission = () => kill('SIGINT'); } });
    expect(await interrupted).toMatchObject({ code: 130, output: '', errors: expect.stringMatching(/^Interrupted before the answer came\./) });
    expect(keys[1]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says where this command takes the key that the API wants', async () => {
    onSubmission = (_, response) => response.writeHead(401).end(JSON.stringify({ detail: 'An API key is needed.' }));
    expect(await conclave(['submit', '-p', 'x'], { url })).toMatchObject({ code: 1, errors: expect.stringContaining('--key or CONCLAVE_API_KEY') });
  });
});

describe('conclave batch watch, while the API comes and goes', () => {
  let api: Server;
  let url: string;
  const asked: (string | undefined)[] = [];
  const state = (status: string, succeeded: number) => ({
    id: 'batch_1', status, reason: null, mode: 'batch', created_at: '2026-11-21T10:00:00.000Z', tags: [], simulated: true, counts: { total: 2, pending: 2 - succeeded, succeeded, failed: 0, canceled: 0 },
    usage: Object.fromEntries(['initial', 'retry', 'total'].map((name) => [name, { input_tokens: 0, output_tokens: 0, cost_usd: 0, cost_known: true }])),
  });
  beforeAll(async () => {
    api = createServer((request, response) => {
      if (!request.url?.endsWith('/events')) return void response.writeHead(200).end('{}');
      asked.push(request.headers['last-event-id'] as string | undefined);
      if (asked.length === 2) return void request.socket.destroy();
      if (asked.length === 3) return void response.writeHead(503).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (asked.length === 1) {
        response.write(`: events\n\nid: first\ndata: ${JSON.stringify(state('running', 1))}\n\n`);
        return void setImmediate(() => response.destroy());
      }
      return void response.end(`id: last.done\nevent: done\ndata: ${JSON.stringify(state('completed', 2))}\n\n`);
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((api.address() as AddressInfo).port)}`;
  });
  afterAll(() => new Promise((resolve) => api.close(resolve)));

  it('tries again, from the last event it has', async () => {
    const watched = await conclave(['watch', 'batch_1', '--json'], { url });
    expect(watched).toMatchObject({ code: 0, errors: expect.stringContaining('trying again') });
    expect(lines(watched.output).map((line) => line.status)).toEqual(['running', 'completed']);
    expect(asked).toEqual([undefined, 'first', 'first', 'first']);
  });
});
