import { createGroq } from '@ai-sdk/groq';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import { OpenAiBatch } from '../batch/openai.js';
import type { ModelFamily } from '../model-family.js';
import { openAiModelListing } from '../openai-model-listing.js';
import type { Connection, ProviderAdapter } from '../provider-adapter.js';
import type { ProviderRequest } from '../provider.js';
import type { RequestRules } from '../to-call-options.js';

const efforts = ['none', 'default', 'low', 'medium', 'high'];

/** Groq, through its own SDK: its streams carry usage in `x_groq.usage`, which the OpenAI-compatible one does not read. */
export const groq: ProviderAdapter = {
  name: 'groq',
  aliases: [],
  keyVariable: 'GROQ_API_KEY',
  keyRequired: true,
  baseUrlVariable: 'GROQ_BASE_URL',
  defaultBaseUrl: 'https://api.groq.com/openai/v1',
  simulatedPath: '/v1',
  create: (connection) => new AiSdkProvider(connection, { family: (fetch) => family(connection, fetch), models: openAiModelListing, batch: (...parts) => new OpenAiBatch(...parts) }),
};

function family(connection: Connection, fetch: typeof globalThis.fetch): ModelFamily {
  const sdk = createGroq({ baseURL: connection.baseUrl, apiKey: connection.apiKey ?? '', headers: { ...connection.headers }, fetch });
  return { model: (id) => sdk.languageModel(id), prompt: { systemFirst: false }, rules };
}

// Effort is refused by all but these models (https://console.groq.com/docs/reasoning).
function rules(request: ProviderRequest): RequestRules {
  const { reasoningEffort } = request.sampling;
  const effort = reasoningEffort !== undefined && /gpt-oss|qwen/.test(request.model) && efforts.includes(reasoningEffort) ? reasoningEffort : undefined;
  return {
    without: ['verbosity', ...(effort === undefined ? (['reasoningEffort'] as const) : [])],
    providerOptions: {
      groq: {
        strictJsonSchema: request.responseFormat?.type === 'json_schema' && request.responseFormat.strict === true,
        ...(effort !== undefined && { reasoningEffort: effort }),
        ...(request.tools && request.parallelToolCalls !== undefined && { parallelToolCalls: request.parallelToolCalls }),
      },
    },
  };
}
