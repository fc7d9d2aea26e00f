import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { batchFixture, linesFrom, marker, outcomes, patient } from '../../../test/support/batch-calls.js';
import { startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import { gemini } from '../adapters/gemini.js';
import type { BatchResult, JobStatus } from '../batch-provider.js';
import type { LineMapping } from '../line-mapping.js';
import { GeminiBatch } from './gemini.js';

const fixture = batchFixture('gemini-batch');
const job = marker({ model: 'gemini-2.5-flash', inputReference: 'files/input' });
const lines = linesFrom([{ id: 'line-1', body: { contents: 'ä€😀' } }, { id: 'line-2', body: {} }]);

describe('GeminiBatch', () => {
  let server: ProviderServer;
  let batch: GeminiBatch;
  const answer = (body: unknown) => {
    server.respond((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body)));
  };
  const statusOf = async (metadata: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<JobStatus> => {
    answer({ ...fixture.body, metadata: { ...(fixture.body.metadata as object), ...metadata }, ...more });
    return batch.status('batches/123abc', patient());
  };
  // Takes an upload; the first `refusals` of them are answered with Google's passing 400.
  const takeUploads = (refusals: number, refusal = { error: { code: 400, message: 'Request contains an invalid argument.', status: 'INVALID_ARGUMENT' } }) => {
    let seen = 0;
    server.respond((response, { path }) => {
      if (path.startsWith('/upload/')) return response.writeHead(200, { 'x-goog-upload-url': `${server.url}/put-here` }).end('{}');
      seen += 1;
      if (seen <= refusals) return response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{"file":{"name":"files/input","uri":"https://x/files/input"}}');
    });
  };
  beforeAll(async () => {
    server = await startProviderServer();
    const connection = { name: 'gemini', baseUrl: `${server.url}/v1beta`, apiKey: 'topsecret', headers: {} };
    const { mapping } = gemini.create(connection).batch as unknown as { mapping: LineMapping };
    batch = new GeminiBatch(connection, mapping, [1, 1]);
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('uploads the lines, the key to the configured address only', async () => {
    takeUploads(0);
    expect(await batch.upload(job, lines, patient())).toBe('files/input');
    const [start, put] = server.requests;
    expect(start).toMatchObject({ path: '/upload/v1beta/files', body: { file: { displayName: 'pjob_1' } }, headers: { 'x-goog-api-key': 'topsecret', 'x-goog-upload-command': 'start', 'x-goog-upload-header-content-length': String(Buffer.byteLength(put!.text)) } });
    expect(put).toMatchObject({ path: '/put-here', headers: { 'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0', 'content-length': String(Buffer.byteLength(put!.text)) } });
    expect(put?.headers['x-goog-api-key']).toBeUndefined();
    expect(put?.text).toBe('{"key":"line-1","request":{"contents":"ä€😀"}}\n{"key":"line-2","request":{}}\n');
  });

  it('tries an upload again after a 400 that means nothing, not for ever, and not after one that says why', async () => {
    takeUploads(2);
    expect(await batch.upload(job, lines, patient())).toBe('files/input');
    const texts = server.requests.filter(({ path }) => path === '/put-here').map(({ text }) => text);
    expect(new Set(texts).size).toBe(1);
    expect(texts).toHaveLength(3);
    server.requests.splice(0);
    takeUploads(3);
    await expect(batch.upload(job, lines, patient())).rejects.toMatchObject({ code: 'bad_request', httpStatus: 400 });
    expect(server.requests).toHaveLength(6);
    server.requests.splice(0);
    takeUploads(9, { error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } });
    await expect(batch.upload(job, lines, patient())).rejects.toMatchObject({ code: 'auth' });
    expect(server.requests).toHaveLength(2);
  });

  it('creates a job with our id as its name', async () => {
    answer({ name: 'batches/123abc', metadata: { state: 'BATCH_STATE_PENDING', displayName: 'pjob_1', createTime: '2026-11-21T12:00:00.100Z' } });
    expect(await batch.create(job, lines, patient())).toEqual({ reference: 'batches/123abc', state: 'running', providerState: 'BATCH_STATE_PENDING', total: null, succeeded: null, failed: null, error: null, results: null, createdAt: Date.parse('2026-11-21T12:00:00.100Z') });
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/v1beta/models/gemini-2.5-flash:batchGenerateContent', body: { batch: { displayName: 'pjob_1', inputConfig: { fileName: 'files/input' } } } });
  });

  it.each([
    ['JOB_STATE_PENDING', 'running'], ['JOB_STATE_QUEUED', 'running'], ['BATCH_STATE_RUNNING', 'running'], ['JOB_STATE_CANCELLING', 'running'], ['JOB_STATE_SUCCEEDED', 'completed'],
    ['BATCH_STATE_SUCCEEDED', 'completed'], ['JOB_STATE_PARTIALLY_SUCCEEDED', 'completed'], ['JOB_STATE_FAILED', 'failed'], ['BATCH_STATE_CANCELLED', 'canceled'], ['JOB_STATE_EXPIRED', 'expired'],
  ])('knows the state %s as %s', async (state, expected) => {
    expect(await statusOf({ state }, { done: expected !== 'running' })).toMatchObject({ state: expected, providerState: state, total: 7, succeeded: 4, failed: 3, results: { output: 'files/batch-123abc' } });
  });

  it('tells why a job failed as a whole', async () => {
    expect(await statusOf({ state: 'BATCH_STATE_FAILED', output: null }, { response: undefined, error: { code: 13, message: 'Internal error with topsecret.' } })).toMatchObject({ state: 'failed', error: 'Internal error with [redacted].', results: null });
  });

  it('reads all parts, counts thoughts, marks what was cut, and knows rows without an answer', async () => {
    const status = await statusOf();
    answer(fixture.output);
    const results: BatchResult[] = [];
    for await (const result of batch.results(status, patient())) results.push(result);
    expect(server.requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1beta/files/batch-123abc:download?alt=media' });
    const byId = new Map(results.map((result) => [result.id, result]));
    expect(byId.get('line-2')).toMatchObject({ ok: true, response: { text: 'Zwei: ä€😀', reasoning: 'Thinking.', finishReason: 'stop', usage: { inputTokens: 20, cachedInputTokens: 8, outputTokens: 69, reasoningTokens: 64 } } });
    expect(byId.get('line-1')).toMatchObject({ ok: true, response: { text: 'It was', finishReason: 'length' } });
    expect(Object.fromEntries(results.flatMap((result) => (result.ok ? [] : [[result.id, result.failure.code]])))).toEqual({
      // "generateContent" holds "rate", which made it a rate limit elsewhere.
      'line-3': 'server_error', 'line-4': 'content_filter', 'line-5': 'bad_request', 'line-6': 'overloaded', 'line-7': 'timeout', 'line-8': 'server_error',
    });
    expect(await batch.confirms(status, 'line-8', patient())).toBe(true);
    expect(await outcomes(batch.results({ ...status, results: null }, patient()))).toEqual({});
  });

  it('finds a job by its name on any page', async () => {
    const named = (name: string, displayName: string) => ({ name, metadata: { displayName, state: 'BATCH_STATE_RUNNING' } });
    const pages: Record<string, unknown> = {
      '/v1beta/batches?pageSize=100': { operations: [named('batches/1', 'pjob_11')], nextPageToken: 'p/2' },
      '/v1beta/batches?pageSize=100&pageToken=p%2F2': { operations: [named('batches/2', 'pjob_1')] },
    };
    server.respond((response, { path }) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(pages[path])));
    expect((await batch.find(job, patient())).map(({ status, certain }) => [status.reference, certain])).toEqual([['batches/2', true]]);
    answer({});
    expect(await batch.find(job, patient())).toEqual([]);
  });

  it('does not take a list that never ends for one without the job', async () => {
    answer({ operations: [{ name: 'batches/1', metadata: { displayName: 'other', state: 'BATCH_STATE_RUNNING' } }], nextPageToken: 'more' });
    await expect(batch.find(job, patient({ timeoutMs: 60_000 }))).rejects.toMatchObject({ code: 'server_error' });
  });

  it('cancels; that a job has ended already is no failure', async () => {
    answer({});
    await batch.cancel('batches/123abc', patient());
    expect(server.requests[0]).toMatchObject({ method: 'POST', path: '/v1beta/batches/123abc:cancel' });
    server.respond((response, { method }) => response.writeHead(method === 'POST' ? 400 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(method === 'POST' ? { error: { code: 400, message: 'ended', status: 'FAILED_PRECONDITION' } } : fixture.body)));
    await batch.cancel('batches/123abc', patient());
  });
});
