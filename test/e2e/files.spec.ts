import { Agent, request as httpRequest } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { conclave, ConclaveClient } from '../support/conclave-client.js';
import { createTestDatabase } from '../support/database.js';
import { marker } from '../support/marker.js';
import { productEnvironment, stackAddresses, startApi } from '../support/stack.js';
import { until } from '../support/until.js';

const api = conclave();
const pool = new pg.Pool({ connectionString: stackAddresses().databaseUrl, max: 2 });
afterAll(() => pool.end());

async function upload(content: string | Buffer, fields: Record<string, string> = { purpose: 'batch' }, filename = 'in.jsonl', { url } = api) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([content]), filename);
  const response = await fetch(`${url}/v1/files`, { method: 'POST', body: form });
  // Specs take any field of any answer.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  return { status: response.status, json: (await response.json()) as any };
}

/** Files of that name only: other specs write theirs meanwhile. */
const countFiles = async (name: string): Promise<number> => Number((await pool.query('SELECT count(*) FROM files WHERE filename = $1', [name])).rows[0].count);

describe('files', () => {
  it('stores what was sent, byte for byte, in pieces of 256 KiB', async () => {
    const content = Buffer.from(`${'é€😀'.repeat(50_000)}\n`.repeat(2));
    const { status, json } = await upload(content);
    expect(status).toBe(200);
    expect(json).toMatchObject({ object: 'file', bytes: content.length, filename: 'in.jsonl', purpose: 'batch', status: 'processed' });
    const chunks = await pool.query('SELECT max(length(bytes)) AS longest, count(*)::integer AS count FROM file_chunks WHERE file_id = $1', [json.id]);
    expect(chunks.rows[0]).toEqual({ longest: 262_144, count: Math.ceil(content.length / 262_144) });
    const back = await fetch(`${api.url}/openai/v1/files/${json.id}/content`);
    expect(back.headers.get('content-length')).toBe(String(content.length));
    expect(Buffer.from(await back.arrayBuffer()).equals(content)).toBe(true);
    expect((await api.get(`/v1/files/${json.id}`)).json).toEqual(json);
  });

  it('takes the purpose before or after the file, and wants it', async () => {
    const form = new FormData();
    form.append('file', new Blob(['{}']), 'a.jsonl');
    form.append('purpose', 'batch');
    expect((await fetch(`${api.url}/v1/files`, { method: 'POST', body: form })).status).toBe(200);
    const name = `${marker()}.jsonl`;
    expect(await upload('{}', {}, name)).toMatchObject({ status: 400, json: { error: { param: 'purpose', message: expect.stringContaining("Send 'batch'") } } });
    expect(await upload('{}', { purpose: 'fine-tune' }, name)).toMatchObject({ status: 400, json: { error: { param: 'purpose', message: expect.stringContaining("'fine-tune'") } } });
    expect(await upload('', { purpose: 'batch' }, name)).toMatchObject({ status: 400, json: { error: { param: 'file' } } });
    expect(await countFiles(name)).toBe(0);
  });

  it('says what is wrong with a body that is no form, and with forms elsewhere', async () => {
    expect(await api.request('POST', '/v1/files', { purpose: 'batch' })).toMatchObject({ status: 415, json: { error: { message: expect.stringContaining('multipart/form-data') } } });
    const broken = await fetch(`${api.url}/v1/files`, { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc' });
    expect({ status: broken.status, json: await broken.json() }).toMatchObject({ status: 400, json: { error: { code: 'invalid_form' } } });
    const elsewhere = new FormData();
    elsewhere.append('file', new Blob(['{}']), 'a');
    expect((await fetch(`${api.url}/v1/chat/completions`, { method: 'POST', body: elsewhere })).status).toBe(415);
  });

  it.each([
    ['a type of which nothing is read', '/v1/chat/completions', 'multipart/form-data; boundary=x', 8, 415],
    ['JSON above the limit', '/v1/chat/completions', 'application/json', 33, 413],
    ['JSON where a form is due', '/v1/files', 'application/xml', 8, 415],
  ])('a client that is still sending reads the refusal, and keeps its connection: %s', async (_name, path, type, mebibytes, status) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { hostname, port } = new URL(api.url);
    const answers: number[] = [];
    for (let time = 0; time < 2; time++) {
      answers.push(await new Promise((resolve, reject) => {
        const sending = httpRequest({ agent, hostname, port, method: 'POST', path, headers: { 'content-type': type, 'content-length': mebibytes * 1024 * 1024 } });
        sending.on('error', reject).on('response', (response) => {
          // Only now the body: a connection that was closed with the answer breaks here.
          for (let sent = 0; sent < mebibytes; sent++) sending.write(Buffer.alloc(1024 * 1024, 'x'));
          sending.end();
          response.resume().on('end', () => { sending.on('close', () => { resolve(response.statusCode ?? 0); }); });
        });
        sending.flushHeaders();
      }));
    }
    agent.destroy();
    expect(answers).toEqual([status, status]);
  });

  it('leaves nothing of an upload that breaks off', async () => {
    const name = `${marker()}.jsonl`;
    const { hostname, port } = new URL(api.url);
    const sending = httpRequest({ hostname, port, method: 'POST', path: '/v1/files', headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': '10000000' } });
    sending.on('error', () => undefined);
    sending.write(`--x\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n${'x'.repeat(600_000)}`);
    await until('the first piece', async () => (await countFiles(name)) > 0);
    sending.destroy();
    await until('nothing left', async () => (await countFiles(name)) === 0);
  });

  it('pages the list, either way', async () => {
    // Of a Conclave of its own: into the shared one other specs upload meanwhile.
    const database = await createTestDatabase();
    const { apiUrl: _, ...engines } = stackAddresses();
    const own = await startApi(productEnvironment({ ...engines, databaseUrl: database.url }, '.conclave-test-unused'), 'api-files');
    const client = new ConclaveClient(own.url);
    try {
      const ids: string[] = [];
      for (const name of ['1', '2', '3']) ids.push((await upload('{}', { purpose: 'batch' }, name, client)).json.id);
      const first = (await client.get('/v1/files?limit=2&order=desc')).json;
      expect(first).toMatchObject({ object: 'list', has_more: true, last_id: ids[1] });
      expect(first.data.map((file: { id: string }) => file.id)).toEqual([ids[2], ids[1]]);
      expect((await client.get(`/v1/files?limit=1&after=${first.last_id}`)).json.data[0].id).toBe(ids[0]);
      expect((await client.get(`/v1/files?order=asc&after=${ids[1]!}`)).json.data.map((file: { id: string }) => file.id)).toEqual([ids[2]]);
      expect((await client.get('/v1/files?purpose=batch_output&limit=1')).json.data).toEqual([]);
      expect((await client.get('/v1/files?limit=0')).json.error).toMatchObject({ param: 'limit' });
    } finally {
      await own.stop();
      await database.drop();
    }
  });

  it('deletes a file, but not the input of a batch', async () => {
    const { json } = await upload('{}');
    expect((await api.request('DELETE', `/v1/files/${json.id}`)).json).toEqual({ id: json.id, object: 'file', deleted: true });
    expect(await api.get(`/v1/files/${json.id}`)).toMatchObject({ status: 404, json: { error: { code: 'file_not_found' } } });
    expect((await api.get(`/v1/files/${json.id}/content`)).status).toBe(404);
    const used = (await upload('{"custom_id":"a"}')).json.id;
    const batch = (await api.request('POST', '/v1/batches', { input_file_id: used, endpoint: '/v1/chat/completions', completion_window: '24h' })).json;
    expect(await api.request('DELETE', `/v1/files/${used}`)).toMatchObject({ status: 409, json: { error: { code: 'file_in_use', message: expect.stringContaining(batch.id) } } });
  });
});
