import { createAnthropic } from '@ai-sdk/anthropic';
import { z } from 'zod';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import { AnthropicBatch } from '../batch/anthropic.js';
import { claudeMessages, claudeRules } from '../claude-rules.js';
import type { ModelListing } from '../list-models.js';
import type { ModelFamily } from '../model-family.js';
import type { Connection, ProviderAdapter } from '../provider-adapter.js';

/** Anthropic's Messages API. A request without a limit gets the model's own output limit as `max_tokens`, which the API demands. */
export const anthropic: ProviderAdapter = {
  name: 'anthropic',
  aliases: [],
  keyVariable: 'ANTHROPIC_API_KEY',
  keyRequired: true,
  baseUrlVariable: 'ANTHROPIC_BASE_URL',
  defaultBaseUrl: 'https://api.anthropic.com/v1',
  simulatedPath: '/v1',
  // The vendor's own clients take the address without `/v1`, the SDK with it.
  resolveBaseUrl: (configured) => (/\/v\d+$/.test(configured) ? configured : `${configured}/v1`),
  create: (connection) => new AiSdkProvider(connection, { family: (fetch) => anthropicFamily(connection, fetch), models, batch: (...parts) => new AnthropicBatch(...parts) }),
};

/** Anthropic's models over a connection. */
export function anthropicFamily(connection: Connection, fetch: typeof globalThis.fetch): ModelFamily {
  const sdk = createAnthropic({ baseURL: connection.baseUrl, apiKey: connection.apiKey ?? '', headers: { ...connection.headers }, fetch });
  return { model: (id) => sdk.messages(id), prompt: { systemFirst: true }, messages: claudeMessages, rules: (request) => claudeRules(request, connection.outputLimit?.(request.model) ?? null) };
}

const tokens = z.number().positive().nullish().catch(null);
const page = z.object({
  data: z.array(z.object({ id: z.string(), display_name: z.string().nullish(), max_input_tokens: tokens, max_tokens: tokens })),
  has_more: z.boolean().nullish(),
  last_id: z.string().nullish(),
});
const models: ModelListing = {
  path: '/models?limit=1000',
  headers: (connection) => ({ 'x-api-key': connection.apiKey ?? '', 'anthropic-version': '2023-06-01' }),
  read: (content) => {
    const { data, has_more: more, last_id: last } = page.parse(content);
    const listed = data.map(({ id, display_name, max_input_tokens, max_tokens }) => ({ id, displayName: display_name ?? null, contextTokens: max_input_tokens ?? null, outputTokens: max_tokens ?? null }));
    return { models: listed, nextQuery: more === true && last ? `&after_id=${encodeURIComponent(last)}` : null };
  },
};
