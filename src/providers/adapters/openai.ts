import { createOpenAI } from '@ai-sdk/openai';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import { OpenAiBatch } from '../batch/openai.js';
import type { ModelFamily } from '../model-family.js';
import { openAiModelListing } from '../openai-model-listing.js';
import type { Connection, ProviderAdapter } from '../provider-adapter.js';
import type { ProviderRequest } from '../provider.js';
import type { RequestRules } from '../to-call-options.js';
import { UnsupportedContent } from '../unsupported-content.js';

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const verbosities = ['low', 'medium', 'high'];

/** Whether a model reasons and is called through the Responses API: by its prefix, `gpt-5` and later, `o1`, `o3`, `o4`. The search models know chat completions only. */
export function isReasoningModel(model: string): boolean {
  return /^(gpt-([5-9]|\d\d)|o\d)/.test(model) && !model.includes('search');
}

/** OpenAI: chat completions, and the Responses API for reasoning models. Nothing is stored there (`store: false`). */
export const openai: ProviderAdapter = {
  name: 'openai',
  aliases: [],
  keyVariable: 'OPENAI_API_KEY',
  keyRequired: true,
  baseUrlVariable: 'OPENAI_BASE_URL',
  defaultBaseUrl: 'https://api.openai.com/v1',
  simulatedPath: '/v1',
  create: (connection) => new AiSdkProvider(connection, { family: (fetch) => family(connection, fetch), models: openAiModelListing, batch: (...parts) => new OpenAiBatch(...parts) }),
};

function family(connection: Connection, fetch: typeof globalThis.fetch): ModelFamily {
  const sdk = createOpenAI({ baseURL: connection.baseUrl, apiKey: connection.apiKey ?? '', headers: { ...connection.headers }, fetch });
  return {
    model: (id) => (isReasoningModel(id) ? sdk.responses(id) : sdk.chat(id)),
    prompt: { systemFirst: false, imageDetail: (detail) => ({ openai: { imageDetail: detail } }) },
    rules,
  };
}

// https://platform.openai.com/docs/guides/reasoning: temperature and the like are refused by reasoning models (the SDK leaves them out and says so),
// effort and verbosity by all others.
function rules(request: ProviderRequest): RequestRules {
  const { reasoningEffort, verbosity } = request.sampling;
  const reasoning = isReasoningModel(request.model);
  if (reasoning && reasoningEffort !== undefined && !efforts.includes(reasoningEffort)) throw new UnsupportedContent(`reasoningEffort '${reasoningEffort}', only ${efforts.join(', ')}`);
  if (reasoning && verbosity !== undefined && !verbosities.includes(verbosity)) throw new UnsupportedContent(`verbosity '${verbosity}', only ${verbosities.join(', ')}`);
  return {
    ...(!reasoning && { without: ['reasoningEffort', 'verbosity'] }),
    providerOptions: {
      openai: {
        strictJsonSchema: request.responseFormat?.type === 'json_schema' && request.responseFormat.strict === true,
        ...(request.tools && request.parallelToolCalls !== undefined && { parallelToolCalls: request.parallelToolCalls }),
        ...(reasoning && { store: false, ...(reasoningEffort !== undefined && { reasoningEffort }), ...(verbosity !== undefined && { textVerbosity: verbosity }) }),
      },
    },
  };
}
