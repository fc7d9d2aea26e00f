import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource } from '../../src/database/data-source.js';
import { KeysStore } from '../../src/keys/keys.store.js';
import { ConclaveClient } from '../support/conclave-client.js';
import type { TestDatabase } from '../support/database.js';
import { createTestDatabase } from '../support/database.js';
import type { NodeProcess } from '../support/node-process.js';
import { productEnvironment, stackAddresses, startApi } from '../support/stack.js';

const countTokens = (client: ConclaveClient) => client.request('POST', '/v1/messages/count_tokens', { model: 'simulated/alder', messages: [{ role: 'user', content: 'How long?' }] });

describe('requests per minute of a key', () => {
  let database: TestDatabase;
  let api: NodeProcess & { url: string };
  let limited: ConclaveClient;
  let free: ConclaveClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    const dataSource = await createDataSource(database.url, 1).initialize();
    const keys = new KeysStore(dataSource);
    const limitedKey = await keys.create({ name: 'limited', requestsPerMinute: 3 });
    const freeKey = await keys.create({ name: 'free', requestsPerMinute: null });
    await dataSource.destroy();
    const { apiUrl: _, ...engines } = stackAddresses();
    api = await startApi(productEnvironment({ ...engines, databaseUrl: database.url }, '.conclave-test-unused'), 'api-limits');
    limited = new ConclaveClient(api.url, { authorization: `Bearer ${limitedKey.key}` });
    free = new ConclaveClient(api.url, { authorization: `Bearer ${freeKey.key}` });
  });
  afterAll(async () => {
    await api.stop();
    await database.drop();
  });

  it('the request above the limit is a 429 that tells limit and wait; other keys go on', async () => {
    const answers = [];
    for (let index = 0; index < 4; index++) answers.push(await countTokens(limited));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 429]);
    expect(answers.map((answer) => answer.headers.get('x-ratelimit-remaining-requests'))).toEqual(['2', '1', '0', '0']);
    const refused = answers[3]!;
    expect(refused.headers.get('x-ratelimit-limit-requests')).toBe('3');
    expect(refused.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m)?\d+s$/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.json.error).toMatchObject({ type: 'rate_limit_error' });
    expect((await countTokens(free)).status).toBe(200);
    // Reading is not counted.
    expect((await limited.get('/v1/models')).status).toBe(200);
  });
});
