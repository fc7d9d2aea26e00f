import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { batchFixture, linesFrom, marker, outcomes, patient } from '../../../test/support/batch-calls.js';
import { startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import { openai } from '../adapters/openai.js';
import type { BatchProvider, BatchResult, JobStatus } from '../batch-provider.js';

const fixture = batchFixture('openai-batch');
const job = marker({ model: 'gpt-4o-mini', endpoint: '/v1/chat/completions', inputReference: 'file-input', createStartedAt: 1_795_270_000_000 });

const completed: JobStatus = { reference: 'batch_abc123', state: 'completed', providerState: 'completed', total: null, succeeded: null, failed: null, error: null, results: { output: 'file-output', error: 'file-errors' }, createdAt: null };

describe('OpenAiBatch', () => {
  let server: ProviderServer;
  let batch: BatchProvider;
  const answer = (byPath: Record<string, unknown>) => {
    server.respond((response, { path }) => {
      const body = byPath[path.split('?')[0] ?? ''];
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body ?? { error: { message: 'no such thing' } }));
    });
  };
  const statusOf = async (change: Record<string, unknown>): Promise<JobStatus> => {
    answer({ '/v1/batches/batch_abc123': { ...fixture.body, ...change } });
    return batch.status('batch_abc123', patient());
  };
  beforeAll(async () => {
    server = await startProviderServer();
    batch = openai.create({ name: 'openai', baseUrl: `${server.url}/v1`, apiKey: 'topsecret', headers: {} }).batch!;
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('uploads the lines as one file with its length', async () => {
    answer({ '/v1/files': { id: 'file-input', object: 'file' } });
    expect(await batch.upload(job, linesFrom([{ id: 'line-1', body: { model: 'gpt-4o-mini', text: 'ä€😀' } }, { id: 'line-2', body: {} }]), patient())).toBe('file-input');
    const { method, path, headers, text } = server.requests[0]!;
    expect({ method, path, key: headers.authorization, length: headers['content-length'] }).toEqual({ method: 'POST', path: '/v1/files', key: 'Bearer topsecret', length: String(Buffer.byteLength(text)) });
    const boundary = /boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1] ?? '';
    expect(text).toBe(
      [
        `--${boundary}`, 'content-disposition: form-data; name="purpose"', '', 'batch',
        `--${boundary}`, 'content-disposition: form-data; name="file"; filename="pjob_1.jsonl"', 'content-type: application/jsonl', '',
        '{"custom_id":"line-1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","text":"ä€😀"}}\n{"custom_id":"line-2","method":"POST","url":"/v1/chat/completions","body":{}}\n',
        `--${boundary}--`, '',
      ].join('\r\n'),
    );
  });

  it('refuses an input beyond the limit without sending it, and does not blame the provider for lines that can not be read', async () => {
    const huge = 'x'.repeat(1_000_000);
    const many = async function* () {
      for (let index = 0; index < 201; index += 1) yield await Promise.resolve({ id: `line-${String(index)}`, body: { huge } });
    };
    await expect(batch.upload(job, many, patient({ timeoutMs: 60_000 }))).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('200000000 bytes') });
    const broken = new Error('the database is away');
    await expect(batch.upload(job, async function* () { throw await Promise.resolve(broken); }, patient())).rejects.toBe(broken);
    expect(server.requests).toEqual([]);
  });

  it('creates a job with its mark, once, whatever comes back', async () => {
    answer({ '/v1/batches': fixture.body });
    expect(await batch.create(job, linesFrom([]), patient())).toMatchObject({ reference: 'batch_abc123' });
    expect(server.requests[0]?.body).toEqual({ input_file_id: 'file-input', endpoint: '/v1/chat/completions', completion_window: '24h', metadata: { conclave_job: 'pjob_1' } });
    server.respond((response) => response.writeHead(503, { 'retry-after': '3' }).end('{"error":{"message":"topsecret is busy"}}'));
    await expect(batch.create(job, linesFrom([]), patient())).rejects.toMatchObject({ name: 'ProviderFailure', code: 'overloaded', httpStatus: 503, retryAfterMs: 3_000, message: expect.not.stringContaining('topsecret') });
    server.respond((response) => response.destroy());
    await expect(batch.create(job, linesFrom([]), patient())).rejects.toMatchObject({ code: 'network' });
    server.respond(() => undefined);
    await expect(batch.create(job, linesFrom([]), patient({ timeoutMs: 200 }))).rejects.toMatchObject({ code: 'timeout' });
    expect(server.requests).toHaveLength(4);
    await expect(batch.create(job, linesFrom([]), patient({ signal: AbortSignal.abort(new Error('stop')) }))).rejects.toThrow('stop');
  });

  it.each([
    ['validating', 'running'], ['in_progress', 'running'], ['finalizing', 'running'], ['cancelling', 'running'],
    ['completed', 'completed'], ['failed', 'failed'], ['expired', 'expired'], ['cancelled', 'canceled'],
  ])('knows the state %s as %s', async (status, state) => {
    expect(await statusOf({ status })).toMatchObject({ state, providerState: status, total: 8, succeeded: 3, failed: 5, results: { output: 'file-output', error: 'file-errors' }, createdAt: 1_795_270_000_000 });
  });

  it('tells why a job failed as a whole, and lives with what copies of the interface leave out', async () => {
    expect(await statusOf({ status: 'failed', errors: { object: 'list', data: [{ code: 'invalid_json_line', message: 'This line is not parseable as valid JSON.', param: null, line: 3 }] } })).toMatchObject({ error: 'line 3: This line is not parseable as valid JSON.' });
    expect(await statusOf({ status: 'in_progress', request_counts: null, output_file_id: null, error_file_id: undefined, metadata: undefined, errors: undefined })).toMatchObject({ state: 'running', total: null, succeeded: null, results: null, error: null });
  });

  it('reads output and error file, in any order, each row for itself', async () => {
    answer({ '/v1/files/file-output/content': fixture.output, '/v1/files/file-errors/content': fixture.errors });
    const results: BatchResult[] = [];
    for await (const result of batch.results(completed, patient())) results.push(result);
    const byId = new Map(results.map((result) => [result.id, result]));
    expect([...byId.keys()]).toEqual(['line-2', 'line-1', 'line-3', 'line-4', 'line-5', 'line-6', 'line-7', 'line-8']);
    expect(byId.get('line-2')).toMatchObject({ ok: true, response: { text: 'Zwei: ä€😀', finishReason: 'stop', usage: { inputTokens: 20, outputTokens: 5, cachedInputTokens: 8, reasoningTokens: 0 }, responseId: 'chatcmpl-2' } });
    expect(JSON.parse(byId.get('line-2')!.raw)).toMatchObject({ custom_id: 'line-2' });
    expect(byId.get('line-1')).toMatchObject({ ok: true, response: { text: 'It was', finishReason: 'length', usage: { reasoningTokens: 60 } } });
    const codes = Object.fromEntries(results.flatMap((result) => (result.ok ? [] : [[result.id, result.failure.code]])));
    expect(codes).toEqual({ 'line-3': 'server_error', 'line-4': 'server_error', 'line-5': 'unsupported_parameter', 'line-6': 'rate_limit', 'line-7': 'timeout', 'line-8': 'server_error' });
    expect(await batch.confirms(completed, 'line-7', patient())).toBe(true);
    expect(await batch.confirms(completed, 'line-99', patient())).toBe(false);
  });

  it('fails where a file breaks off or stands still, and keeps the rows before', async () => {
    const seen: string[] = [];
    const read = async (timeoutMs: number): Promise<void> => {
      for await (const { id } of batch.results(completed, patient({ timeoutMs }))) seen.push(id);
    };
    const [first] = fixture.output.split('\n');
    server.respond((response) => {
      response.writeHead(200, { 'content-length': '5000' }).write(`${first!}\n{"custom`);
      setImmediate(() => response.destroy());
    });
    await expect(read(5_000)).rejects.toMatchObject({ code: 'network' });
    server.respond((response) => response.writeHead(200).write(`${first!}\n{"custom`));
    await expect(read(300)).rejects.toMatchObject({ code: 'timeout' });
    expect(seen).toEqual(['line-2', 'line-2']);
  });

  it('finds a job by its mark or its file, as far back as it may have been created and no further', async () => {
    const listed = (id: string, createdAt: number, more: Record<string, unknown> = {}) => ({ ...fixture.body, id, created_at: createdAt, metadata: null, input_file_id: 'other', ...more });
    const pages: Record<string, unknown> = {
      '/v1/batches?limit=100': { object: 'list', data: [listed('b1', 1_795_270_900), listed('b2', 1_795_270_500, { input_file_id: 'file-input' })], has_more: true },
      '/v1/batches?limit=100&after=b2': { object: 'list', data: [listed('b3', 1_795_269_990, { metadata: { conclave_job: 'pjob_1' } }), listed('b4', 1_795_260_000, { metadata: { conclave_job: 'pjob_1' } })], has_more: true },
    };
    server.respond((response, { path }) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(pages[path])));
    const found = await batch.find(job, patient());
    expect(found.map(({ status, certain }) => [status.reference, certain])).toEqual([['b2', true], ['b3', true]]);
    expect(server.requests).toHaveLength(2);
  });

  it('finds a job in the list of a copy of the interface: the same page for ever, oldest first', async () => {
    const listed = (id: string, createdAt: number, more: Record<string, unknown> = {}) => ({ ...fixture.body, id, created_at: createdAt, metadata: null, input_file_id: 'other', ...more });
    const data = [listed('b1', 1_795_200_000), listed('b2', 1_795_200_000), listed('b3', 1_795_210_000), listed('b4', 1_795_270_005, { metadata: { conclave_job: 'pjob_1' } })];
    server.respond((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data, has_more: true })));
    const found = await batch.find(job, patient());
    expect(found.map(({ status, certain }) => [status.reference, certain])).toEqual([['b4', true]]);
    expect(server.requests).toHaveLength(2);
  });

  it('cancels; that a job has ended already is no failure, that it still runs is one', async () => {
    const refuse = (status: string) => {
      server.respond((response, { path }) => {
        if (path.endsWith('/cancel')) response.writeHead(409, { 'content-type': 'application/json' }).end('{"error":{"message":"Cannot cancel a batch with that status."}}');
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...fixture.body, status }));
      });
    };
    answer({ '/v1/batches/batch_abc123/cancel': fixture.body });
    await batch.cancel('batch_abc123', patient());
    for (const status of ['completed', 'cancelled', 'expired', 'cancelling']) {
      refuse(status);
      await batch.cancel('batch_abc123', patient());
    }
    refuse('in_progress');
    await expect(batch.cancel('batch_abc123', patient())).rejects.toMatchObject({ httpStatus: 409 });
    answer({});
    await expect(batch.cancel('gone', patient())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('gives nothing where there are no files', async () => {
    expect(await outcomes(batch.results({ ...completed, results: null }, patient()))).toEqual({});
  });
});
