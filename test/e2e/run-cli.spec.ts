import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conclave as apiClient } from '../support/conclave-client.js';
import { marker } from '../support/marker.js';
import { simulatedProvider } from '../support/simulated-client.js';
import { stackAddresses } from '../support/stack.js';

interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

const { apiUrl } = stackAddresses();
const simulated = simulatedProvider();

/** Runs the built command line as a user's shell does, without a terminal. `onOutput` sees standard output as it grows. */
function conclave(args: string[], more: { url?: string; onOutput?: (output: string, kill: (signal: NodeJS.Signals) => void) => void } = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['dist/src/cli/main.js', ...args], { env: { PATH: process.env['PATH'], CONCLAVE_URL: more.url ?? apiUrl, NO_COLOR: '1', NO_PROXY: '*' } });
  const ended: Ended = { code: null, output: '', errors: '' };
  child.stdout.on('data', (piece: Buffer) => {
    ended.output += piece.toString();
    more.onOutput?.(ended.output, (signal) => child.kill(signal));
  });
  child.stderr.on('data', (piece: Buffer) => (ended.errors += piece.toString()));
  child.stdin.end();
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...ended, code })));
}

const lines = (text: string) => text.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
const ownModel = () => `simulated/cli-${marker()}`;
const samplesOf = (model: string) => ({ model: model.slice('simulated/'.length), contains: '512' });
const folder = mkdtempSync(join(tmpdir(), 'conclave-run-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('conclave run', () => {
  it('starts a run, shows it in lines until it is over, and says how to keep it', async () => {
    const model = ownModel();
    const tag = marker();
    const ran = await conclave(['run', 'conclave-mini', '--model', model, '--limit', '7', '--epochs', '2', '--seed', 'cli', '--concurrency', '2', '--tag', tag, '--temperature', '0.3', '--timeout', '1m']);
    expect(ran).toMatchObject({ code: 0, output: expect.stringMatching(/run_\w+ · succeeded · simulated\/cli-.* · 14\/14 done/), errors: expect.stringContaining('conclave runs export') });
    expect(ran.output).not.toContain('\u001b');
    const [listed] = lines((await conclave(['runs', 'list', '--tag', tag, '--json'])).output);
    expect(listed).toMatchObject({ status: 'succeeded', subset: { seed: 'cli', count: 7 }, epochs: 2, concurrency: 2, config: { temperature: 0.3 }, metadata: { cli_model_override: true, cli_provider_override: false } });
    expect((await conclave(['runs', 'list', '--tag', tag])).output).toContain(listed?.['id']);
    expect(await conclave(['runs', 'show', String(listed?.['id'])])).toMatchObject({ code: 0, output: expect.stringMatching(/100 %[^]*conclave-mini/) });
  });

  it('with --json writes the run as the API tells it, a line per change; with --detach its id', async () => {
    const ran = await conclave(['run', 'conclave-mini', '-m', 'panel/three', '--provider', 'conclave', '--limit', '3', '--json']);
    expect(ran.code).toBe(0);
    expect(lines(ran.output).at(-1)).toMatchObject({ status: 'succeeded', strategy: 'council', summary: { done: 3 }, metadata: { cli_provider_override: true } });
    const key = marker();
    const detached = await conclave(['run', 'conclave-mini', '--panel', 'three', '--limit', '2', '--mode', 'batch', '--detach', '--idempotency-key', key]);
    expect(detached).toMatchObject({ code: 0, output: expect.stringMatching(/^run_\w+\n$/) });
    expect((await conclave(['run', 'conclave-mini', '--panel', 'three', '--limit', '2', '--mode', 'batch', '-d', '--idempotency-key', key])).output).toBe(detached.output);
    expect(await conclave(['runs', 'watch', detached.output.trim(), '--timeout', '50s'])).toMatchObject({ code: 0, output: expect.stringContaining('2/2 done') });
  });

  it('leaves the run alone when the time is up or someone presses Ctrl-C, and says how to come back', async () => {
    const model = ownModel();
    await simulated.rules({ effect: 'hold', ...samplesOf(model) });
    const timedOut = await conclave(['run', 'conclave-mini', '-m', model, '--limit', '3', '--timeout', '2s']);
    expect(timedOut).toMatchObject({ code: 3, errors: expect.stringContaining('the run goes on') });
    const id = /run_\w+/.exec(timedOut.output)?.[0] ?? '';
    const left = await conclave(['runs', 'watch', id, '--url', apiUrl], { url: 'http://127.0.0.1:9', onOutput: (_, kill) => kill('SIGINT') });
    expect(left).toMatchObject({ code: 130, errors: expect.stringContaining(`The run goes on. Come back with "conclave runs watch ${id} --url ${apiUrl}", or end it with "conclave runs cancel ${id} --url ${apiUrl}".`) });
    expect((await conclave(['runs', 'pause', id])).code).toBe(0);
    // All samples are under way: once released they end the run, which can't be resumed then.
    expect((await conclave(['runs', 'resume', id])).code).toBe(0);
    await simulated.release(samplesOf(model));
    expect(await conclave(['runs', 'watch', id, '--timeout', '30s'])).toMatchObject({ code: 0 });
  });

  it('ends with 1 when the run is canceled or fails, and requeue takes it up again', async () => {
    const model = ownModel();
    await simulated.rules({ effect: 'hold', ...samplesOf(model) });
    const id = (await conclave(['run', 'conclave-mini', '-m', model, '--limit', '3', '-d'])).output.trim();
    await simulated.wait({ held: 3 }, samplesOf(model));
    expect((await conclave(['runs', 'cancel', id])).code).toBe(0);
    expect(await conclave(['runs', 'watch', id, '--timeout', '30s'])).toMatchObject({ code: 1, output: expect.stringContaining('canceled'), errors: expect.stringContaining(`conclave runs requeue ${id}`) });
    await simulated.release(samplesOf(model));
    expect((await conclave(['runs', 'requeue', id])).code).toBe(0);
    expect((await conclave(['runs', 'watch', id, '--timeout', '30s'])).code).toBe(0);
    const failed = await conclave(['run', 'conclave-mini', '-m', 'simulated/alder@fault=401', '--limit', '2']);
    expect(failed).toMatchObject({ code: 1, output: expect.stringContaining('failed') });
  });

  it('ends with 2 at a limit of cost or tokens and says how to go on', async () => {
    const start = ['run', 'conclave-mini', '-m', 'openai/gpt-4o-mini', '--limit', '6', '--max-tokens', '50', '--timeout', '40s'];
    const costly = await conclave([...start, '--max-cost', '0.00001']);
    expect(costly).toMatchObject({ code: 2, errors: expect.stringContaining('--max-cost USD') });
    expect((await conclave(['runs', 'resume', /run_\w+/.exec(costly.output)?.[0] ?? '', '--max-cost', '1'])).code).toBe(0);
    const long = await conclave([...start, '--max-tokens-total', '150']);
    expect(long).toMatchObject({ code: 2, errors: expect.stringContaining('--max-tokens-total NUMBER') });
    const id = /run_\w+/.exec(long.output)?.[0] ?? '';
    expect((await conclave(['runs', 'resume', id, '--max-tokens-total', '100000'])).code).toBe(0);
    expect(await conclave(['runs', 'watch', id, '--timeout', '30s'])).toMatchObject({ code: 0, output: expect.stringContaining('6/6 done') });
  });

  it('asks for --yes before a large run without a limit, and starts nothing without it', async () => {
    const tag = marker();
    const large = ['run', 'conclave-mini', '-m', 'simulated/alder', '--epochs', '17', '--tag', tag];
    expect(await conclave(large)).toMatchObject({ code: 1, output: '', errors: expect.stringMatching(/1020 samples of simulated\/alder.*--yes/) });
    expect((await conclave(['runs', 'list', '--tag', tag])).output).toContain('There is no run.');
    const taken = await conclave([...large, '--yes', '--detach']);
    expect(taken).toMatchObject({ code: 0, output: expect.stringMatching(/^run_\w+\n$/) });
    expect((await conclave(['runs', 'cancel', taken.output.trim()])).code).toBe(0);
  });

  it('says what is wrong: nothing to measure, no such benchmark, no such run, no number', async () => {
    expect(await conclave(['run', 'conclave-mini'])).toMatchObject({ code: 1, errors: expect.stringContaining('These would work: openai/gpt-4o-mini') });
    expect(await conclave(['run', 'nonesuch', '-m', 'simulated/alder'])).toMatchObject({ code: 1, errors: expect.stringContaining('There are: conclave-mini') });
    expect(await conclave(['runs', 'watch', 'run_nobody'])).toMatchObject({ code: 1, errors: expect.stringContaining("'run_nobody' does not exist") });
    expect(await conclave(['run', 'conclave-mini', '-m', 'simulated/alder', '--limit', 'many'])).toMatchObject({ code: 1, errors: expect.stringMatching(/positive whole number\.\nAdd --help [^\n]*\n$/) });
    expect(await conclave(['runs', 'export', 'run_nobody', '-o', join(folder, 'none.zip')])).toMatchObject({ code: 1, errors: expect.stringContaining('run_nobody') });
    expect(existsSync(join(folder, 'none.zip'))).toBe(false);
  });

  it('lists the benchmarks', async () => {
    expect(await conclave(['benchmarks', 'list'])).toMatchObject({ code: 0, output: expect.stringMatching(/conclave-mini.*60.*official[^]*gsm8k.*1319.*MIT.*simplified: /) });
  });
});

describe('what a run leaves', () => {
  const model = ownModel();
  let id = '';
  beforeAll(async () => {
    await simulated.rules({ effect: '400', ...samplesOf(model), count: 2 });
    const ran = await conclave(['run', 'conclave-mini', '-m', model, '--limit', '8', '--timeout', '50s']);
    expect(ran).toMatchObject({ code: 0, errors: expect.stringMatching(/2 without an answer.*--status error.*retry-errors/) });
    id = /run_\w+/.exec(ran.output)?.[0] ?? '';
  });

  it('is read sample by sample, and its errors are asked again', async () => {
    expect((await conclave(['runs', 'samples', id, '--status', 'error'])).output.match(/bad_request/g)).toHaveLength(2);
    const all = lines((await conclave(['runs', 'samples', id, '--json'])).output);
    expect(all.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect((await conclave(['runs', 'samples', id, '--limit', '3'])).errors).toContain('There are more');
    expect((await conclave(['runs', 'retry-errors', id])).code).toBe(0);
    expect(await conclave(['runs', 'watch', id, '--timeout', '30s'])).toMatchObject({ code: 0 });
    expect((await conclave(['runs', 're-score', id])).output).toContain('samples scored again, 0 verdicts changed');
  });

  it('is compared with another', async () => {
    const other = (await conclave(['run', 'conclave-mini', '-m', 'simulated/alder', '--limit', '5', '--json'])).output;
    const second = String(lines(other).at(-1)?.['id']);
    const compared = await conclave(['runs', 'compare', id, second]);
    expect(compared).toMatchObject({ code: 0, output: expect.stringMatching(new RegExp(`${id} minus ${second}, in percentage points, on the 5 samples both answered[^]*McNemar p[^]*conclave-mini`)) });
    expect(JSON.parse((await conclave(['runs', 'compare', id, second, '--json'])).output)).toMatchObject({ pairs: [{ first: id, second }] });
  });

  it('is exported in every format, verified without a server, refused once a byte is changed, deleted, and taken in again', async () => {
    for (const [format, begins] of [['json', '{'], ['jsonl', '{"run_id"'], ['csv', 'run_id,'], ['markdown', '# Run'], ['pdf', '%PDF-']] as const) {
      const file = join(folder, `run.${format}`);
      expect(await conclave(['runs', 'export', id, '--format', format, '-o', file])).toMatchObject({ code: 0, output: '' });
      expect(readFileSync(file, 'latin1').slice(0, begins.length)).toBe(begins);
    }
    expect((await conclave(['runs', 'export', id, '--format', 'csv'])).output).toBe(readFileSync(join(folder, 'run.csv'), 'utf8'));
    const [zip, report] = [join(folder, 'run.zip'), join(folder, 'report.pdf')];
    for (const file of [zip, report]) expect((await conclave(['runs', 'export', id, '-o', file])).code).toBe(0);
    expect([zip, report].map((file) => readFileSync(file, 'latin1').slice(0, 2))).toEqual(['PK', '%P']);
    const { public_key_fingerprint: fingerprint } = (await apiClient().get('/api/exports/public-key')).json;
    const nowhere = { url: 'http://127.0.0.1:9' };
    expect(await conclave(['verify', zip, '--key', fingerprint], nowhere)).toMatchObject({ code: 0, output: expect.stringContaining('which you trust') });
    const bytes = readFileSync(zip);
    const changed = join(folder, 'changed.zip');
    for (const place of [40, Math.floor(bytes.length / 2), bytes.length - 30]) {
      const copy = Buffer.from(bytes);
      copy[place] = (copy[place] ?? 0) ^ 1;
      writeFileSync(changed, copy);
      expect([place, await conclave(['verify', changed], nowhere)]).toEqual([place, expect.objectContaining({ code: 1, output: expect.stringContaining('NOT VALID') })]);
      expect(await conclave(['runs', 'import', changed])).toMatchObject({ code: 1, errors: expect.stringContaining('nothing was imported') });
    }
    expect(await conclave(['runs', 'import', zip])).toMatchObject({ code: 1, errors: expect.stringContaining('is here already') });
    expect(await conclave(['runs', 'delete', id])).toMatchObject({ code: 1, errors: expect.stringContaining('--yes') });
    expect(await conclave(['runs', 'delete', id, '--yes'])).toMatchObject({ code: 0 });
    expect(await conclave(['runs', 'import', zip, '--trust', 'ab'.repeat(32)])).toMatchObject({ code: 1 });
    expect(await conclave(['runs', 'import', zip, '--trust', fingerprint])).toMatchObject({ code: 0, output: expect.stringContaining(`${id} is here now, with 8 samples`) });
    expect((await conclave(['runs', 'show', id])).output).toContain('imported');
    expect(await conclave(['runs', 'requeue', id])).toMatchObject({ code: 1, errors: expect.stringContaining('imported') });
  });
});

describe('conclave runs watch, while the API comes and goes', () => {
  let api: Server;
  let url: string;
  const asked: (string | undefined)[] = [];
  const benchmark = { name: 'gsm8k', display_name: 'GSM8K', status: 'running', samples: 4, unextracted: 0, errors: 0, input_tokens: 0, output_tokens: 0, cost_usd: null, cost_known: false };
  const state = (status: string, done: number) => ({
    id: 'run_1', status, provider: 'openai', model: 'gpt-4o', strategy: 'single', mode: 'realtime', subset: { seed: 'conclave', percent: null, count: 4 }, epochs: 1, tags: [], metadata: {}, simulated: true, code_version: '1',
    created_at: '2026-11-21T10:00:00.000Z', benchmarks: [{ ...benchmark, done }], added_later: true,
  });
  beforeAll(async () => {
    api = createServer((request, response) => {
      if (!request.url?.endsWith('/events')) return void response.writeHead(200).end('{}');
      asked.push(request.headers['last-event-id'] as string | undefined);
      if (asked.length === 2) return void request.socket.destroy();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (asked.length === 1) {
        response.write(`: events\n\nid: first\ndata: ${JSON.stringify(state('running', 1))}\n\n`);
        return void setImmediate(() => response.destroy());
      }
      return void response.end(`id: last.done\nevent: done\ndata: ${JSON.stringify(state('succeeded', 4))}\n\n`);
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${String((api.address() as AddressInfo).port)}`;
  });
  afterAll(() => new Promise((resolve) => api.close(resolve)));

  it('tries again, from the last event it has', async () => {
    const watched = await conclave(['runs', 'watch', 'run_1', '--json'], { url });
    expect(watched).toMatchObject({ code: 0, errors: expect.stringContaining('trying again') });
    expect(lines(watched.output)).toEqual([state('running', 1), state('succeeded', 4)]);
    expect(asked).toEqual([undefined, 'first', 'first']);
  });
});
