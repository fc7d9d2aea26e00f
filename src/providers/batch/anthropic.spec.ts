import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { batchFixture, linesFrom, marker, patient } from '../../../test/support/batch-calls.js';
import { fullRequest } from '../../../test/support/full-request.js';
import { startProviderServer, type ProviderServer } from '../../../test/support/provider-server.js';
import { anthropic } from '../adapters/anthropic.js';
import type { BatchProvider, BatchResult, JobStatus } from '../batch-provider.js';

const fixture = batchFixture('anthropic-batch');

describe('AnthropicBatch', () => {
  let server: ProviderServer;
  let batch: BatchProvider;
  const answer = (body: unknown) => {
    server.respond((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body)));
  };
  const statusOf = async (change: Record<string, unknown> = {}): Promise<JobStatus> => {
    answer({ ...fixture.body, ...change });
    return batch.status('msgbatch_01', patient());
  };
  beforeAll(async () => {
    server = await startProviderServer();
    batch = anthropic.create({ name: 'anthropic', baseUrl: `${server.url}/v1`, apiKey: 'topsecret', headers: { 'x-tenant': 'a' } }).batch!;
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it('sends the lines with the creation, their betas as a header', async () => {
    answer({ ...fixture.body, processing_status: 'in_progress', results_url: null });
    expect(await batch.upload(marker(), linesFrom([]), patient())).toBeNull();
    const status = await batch.create(marker({ endpoint: 'one-beta,other-beta' }), linesFrom([{ id: 'line-1', body: { text: 'ä€😀' } }, { id: 'line-2', body: {} }]), patient());
    expect(status).toMatchObject({ reference: 'msgbatch_01', state: 'running', results: null });
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/v1/messages/batches',
      headers: { 'x-api-key': 'topsecret', 'anthropic-version': '2023-06-01', 'anthropic-beta': 'one-beta,other-beta', 'x-tenant': 'a', 'content-length': String(Buffer.byteLength(server.requests[0]!.text)) },
      body: { requests: [{ custom_id: 'line-1', params: { text: 'ä€😀' } }, { custom_id: 'line-2', params: {} }] },
    });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('knows each end of a job', async () => {
    const counts = { processing: 0, succeeded: 3, errored: 0, canceled: 0, expired: 0 };
    const initiated = { cancel_initiated_at: '2026-11-21T12:30:00Z' };
    expect(await statusOf()).toMatchObject({ state: 'expired', providerState: 'ended', total: 7, succeeded: 3, failed: 4, createdAt: Date.parse('2026-11-21T12:00:00.100Z') });
    expect(await statusOf({ request_counts: counts })).toMatchObject({ state: 'completed' });
    expect(await statusOf({ request_counts: { ...counts, succeeded: 0, errored: 3 } })).toMatchObject({ state: 'completed', failed: 3 });
    expect(await statusOf({ request_counts: { ...counts, canceled: 2 }, ...initiated })).toMatchObject({ state: 'canceled', failed: 2 });
    expect(await statusOf({ request_counts: counts, ...initiated })).toMatchObject({ state: 'completed' });
    expect(await statusOf({ processing_status: 'canceling', ...initiated })).toMatchObject({ state: 'running', providerState: 'canceling' });
    expect(await statusOf({ results_url: null })).toMatchObject({ results: null });
  });

  it('reads every type of result from its own address, in any order', async () => {
    const status = await statusOf();
    answer(fixture.output);
    const results: BatchResult[] = [];
    for await (const result of batch.results(status, patient())) results.push(result);
    expect(server.requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1/messages/batches/msgbatch_01/results', headers: { 'x-api-key': 'topsecret' } });
    const byId = new Map(results.map((result) => [result.id, result]));
    expect(byId.get('line-2')).toMatchObject({ ok: true, response: { text: 'Zwei: ä€😀', finishReason: 'stop', usage: { inputTokens: 20, cachedInputTokens: 8, outputTokens: 5 } } });
    expect(byId.get('line-1')).toMatchObject({ ok: true, response: { text: 'It was', finishReason: 'length' } });
    expect(byId.get('line-8')).toMatchObject({ ok: true, response: { text: '{"sky":"blue"}', finishReason: 'stop', toolCalls: [] } });
    expect(byId.get('line-9')).toMatchObject({ ok: true, response: { text: '', finishReason: 'tool_calls', toolCalls: [{ id: 'toolu_9', name: 'json', argumentsJson: '{"a":1}' }] } });
    expect(Object.fromEntries(results.flatMap((result) => (result.ok ? [] : [[result.id, result.failure.code]])))).toEqual({
      'line-3': 'server_error', 'line-4': 'unsupported_parameter', 'line-5': 'server_error', 'line-6': 'timeout', 'line-7': 'timeout',
    });
    expect(await batch.confirms(status, 'line-7', patient())).toBe(true);
    expect(await batch.confirms(status, 'line-99', patient())).toBe(false);
  });

  it("gives a client's tool `json` another name, so that a row's `json` is the SDK's", async () => {
    const json = { name: 'json', parameters: { type: 'object' } };
    const { responseFormat: _format, ...request } = { ...fullRequest('claude-3-5-haiku-20241022'), tools: [json, { ...json, name: 'other' }] };
    const called = { role: 'assistant' as const, content: '', toolCalls: [{ id: 'call_9', name: 'json', argumentsJson: '{}' }] };
    const { body } = await batch.render({ ...request, messages: [{ role: 'user', content: 'json' }, called, { role: 'tool', toolCallId: 'call_9', content: 'done' }], toolChoice: { type: 'tool', name: 'json' } });
    expect((body.tools as { name: string }[]).map(({ name }) => name)).toEqual(['conclave_client_json', 'other']);
    expect(body).toMatchObject({ tool_choice: { name: 'conclave_client_json' }, messages: [{ content: [{ type: 'text', text: 'json' }] }, { content: [{ type: 'tool_use', name: 'conclave_client_json' }] }, { content: [{ type: 'tool_result' }] }] });
    const answered = await batch.render({ ...fullRequest('claude-3-5-haiku-20241022'), tools: [json] });
    expect((answered.body.tools as { name: string }[]).map(({ name }) => name)).toEqual(['conclave_client_json', 'json']);
  });

  it('finds candidates by time and count, as far back as they may have been created, certain of none', async () => {
    const listed = (id: string, createdAt: string, succeeded: number) => ({ ...fixture.body, id, created_at: createdAt, request_counts: { processing: 0, succeeded, errored: 0, canceled: 0, expired: 0 } });
    answer({ data: [listed('b1', '2026-11-21T12:01:00Z', 2), listed('b2', '2026-11-21T12:00:30Z', 3), listed('b3', '2026-11-21T11:59:30Z', 2), listed('b4', '2026-11-21T11:50:00Z', 2)], has_more: true, first_id: 'b1', last_id: 'b4' });
    const found = await batch.find(marker({ lines: 2 }), patient());
    expect(found.map(({ status, certain }) => [status.reference, certain])).toEqual([['b1', false], ['b3', false]]);
    expect(server.requests).toHaveLength(1);
  });

  it('cancels; that a job has ended already is no failure', async () => {
    answer(fixture.body);
    await batch.cancel('msgbatch_01', patient());
    server.respond((response, { method }) => response.writeHead(method === 'POST' ? 400 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(method === 'POST' ? { type: 'error', error: { type: 'invalid_request_error', message: 'Batch has ended' } } : fixture.body)));
    await batch.cancel('msgbatch_01', patient());
    server.respond((response) => response.writeHead(401).end('{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'));
    await expect(batch.cancel('msgbatch_01', patient())).rejects.toMatchObject({ code: 'auth' });
  });
});
