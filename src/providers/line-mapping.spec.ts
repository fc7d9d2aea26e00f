import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ask, fullRequest, question, withoutAddresses } from '../../test/support/full-request.js';
import { answerWith, startProviderServer, type ProviderServer } from '../../test/support/provider-server.js';
import { anthropic } from './adapters/anthropic.js';
import { gemini } from './adapters/gemini.js';
import { groq } from './adapters/groq.js';
import { openai } from './adapters/openai.js';
import { simulated } from './adapters/simulated.js';
import type { ProviderAdapter } from './provider-adapter.js';
import type { Provider, ProviderRequest } from './provider.js';

const addressless = withoutAddresses(fullRequest('gemini-2.5-flash'));
const cases: { adapter: ProviderAdapter; fixture: string; request: ProviderRequest }[] = [
  { adapter: openai, fixture: 'openai-chat', request: fullRequest('gpt-4o-mini') },
  { adapter: openai, fixture: 'openai-responses', request: fullRequest('gpt-5-mini') },
  { adapter: anthropic, fixture: 'anthropic-message', request: fullRequest('claude-sonnet-4-20250514') },
  { adapter: anthropic, fixture: 'anthropic-message', request: fullRequest('claude-opus-4-6') },
  { adapter: gemini, fixture: 'gemini-generate', request: addressless },
  { adapter: groq, fixture: 'groq-chat', request: fullRequest('openai/gpt-oss-20b') },
  { adapter: simulated, fixture: 'compatible-chat', request: fullRequest('m') },
];

describe('LineMapping', () => {
  let server: ProviderServer;
  const connect = (adapter: ProviderAdapter): Provider => adapter.create({ name: adapter.name, baseUrl: `${server.url}/v1`, apiKey: 'topsecret', headers: {} });
  beforeAll(async () => {
    server = await startProviderServer();
  });
  beforeEach(() => void server.requests.splice(0));
  afterAll(() => server.stop());

  it.each(cases)('renders for $adapter.name ($request.model) the body a call sends, and says what was left out', async ({ adapter, fixture, request }) => {
    const provider = connect(adapter);
    server.respond(answerWith(fixture));
    const { droppedParameters } = await ask(provider, request);
    const sent = server.requests[0]!;
    const rendered = await provider.batch!.render(request);
    expect(server.requests).toHaveLength(1);
    expect(rendered.body).toEqual(sent.body);
    expect(rendered.droppedParameters).toEqual(droppedParameters);
  });

  it('names the path of a line and the betas that all lines of a job share', async () => {
    const endpoint = async (adapter: ProviderAdapter, request: ProviderRequest) => (await connect(adapter).batch!.render(request)).endpoint;
    expect(await endpoint(openai, question('gpt-4o-mini'))).toBe('/v1/chat/completions');
    expect(await endpoint(openai, question('o4-mini'))).toBe('/v1/responses');
    expect(await endpoint(groq, question('llama-3.1-8b-instant'))).toBe('/v1/chat/completions');
    expect(await endpoint(gemini, question('gemini-2.5-flash'))).toBe('');
    expect(await endpoint(anthropic, question('claude-sonnet-4-5'))).toBe('');
  });

  it("throws what a call would for what can't be sent", async () => {
    const request = { ...question('claude-sonnet-4-5'), messages: [{ role: 'user' as const, content: [{ type: 'audio' as const, data: 'aGVsbG8=', mediaType: 'audio/wav' }] }] };
    await expect(connect(anthropic).batch!.render(request)).rejects.toMatchObject({ name: 'ProviderFailure', code: 'unsupported_parameter', provider: 'anthropic' });
  });

  it('keeps many lines at once apart', async () => {
    const { batch } = connect(openai);
    const rendered = await Promise.all(Array.from({ length: 50 }, (_, index) => batch!.render({ ...question('gpt-4o-mini'), messages: [{ role: 'user', content: `line ${String(index)}` }] })));
    expect(rendered.map(({ body }) => (body.messages as { content: string }[])[0]?.content)).toEqual(Array.from({ length: 50 }, (_, index) => `line ${String(index)}`));
  });
});
