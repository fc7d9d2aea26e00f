import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { AiSdkProvider } from './ai-sdk-provider.js';
import { OpenAiBatch } from './batch/openai.js';
import type { ModelFamily } from './model-family.js';
import { openAiModelListing } from './openai-model-listing.js';
import type { Connection, ProviderAdapter } from './provider-adapter.js';
import type { ProviderRequest } from './provider.js';
import type { RequestRules } from './to-call-options.js';

/** A server that speaks OpenAI's chat completions, as data. */
export interface OpenAiCompatible {
  name: string;
  aliases?: readonly string[];
  keyVariable?: ProviderAdapter['keyVariable'];
  /** Default: it is, where there is a variable for it. */
  keyRequired?: boolean;
  baseUrlVariable?: ProviderAdapter['baseUrlVariable'];
  defaultBaseUrl?: string;
  resolveBaseUrl?: ProviderAdapter['resolveBaseUrl'];
  /** Whether it takes `top_k`, which OpenAI's own API does not know. */
  takesTopK?: boolean;
  /** Whether it has OpenAI's batch interface as well. */
  batches?: boolean;
  /** Parameters it answers with a 400. */
  without?: NonNullable<RequestRules['without']>;
}

// The SDK finds options by the part of its name before a dot; custom names may have dots, so that all share one.
const optionsName = 'conclave';

/** The adapter of such a server. */
export function openAiCompatible(server: OpenAiCompatible): ProviderAdapter {
  const { keyVariable = null, baseUrlVariable = null, defaultBaseUrl = null } = server;
  return {
    name: server.name,
    aliases: server.aliases ?? [],
    keyVariable,
    keyRequired: server.keyRequired ?? keyVariable !== null,
    baseUrlVariable,
    defaultBaseUrl,
    simulatedPath: '/v1',
    ...(server.resolveBaseUrl && { resolveBaseUrl: server.resolveBaseUrl }),
    create: (connection) => new AiSdkProvider(connection, { family: (fetch) => openAiCompatibleFamily(server, connection, fetch), models: openAiModelListing, ...(server.batches === true && { batch: (...parts) => new OpenAiBatch(...parts) }) }),
  };
}

/** The models of such a server. */
export function openAiCompatibleFamily(server: OpenAiCompatible, connection: Connection, fetch: typeof globalThis.fetch): ModelFamily {
  const sdk = createOpenAICompatible({
    name: optionsName,
    baseURL: connection.baseUrl,
    ...(connection.apiKey !== null && { apiKey: connection.apiKey }),
    headers: { ...connection.headers },
    fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
    supportedUrls: () => ({ 'image/*': [/^https?:\/\//] }),
  });
  return {
    model: (id) => sdk.chatModel(id),
    prompt: { systemFirst: false, userName: (name) => ({ openaiCompatible: { name } }) },
    rules: (request) => rules(request, server),
  };
}

function rules(request: ProviderRequest, server: OpenAiCompatible): RequestRules {
  const { reasoningEffort, verbosity, topK } = request.sampling;
  const without = server.without ?? [];
  const parallel = request.tools && !without.includes('parallelToolCalls') ? request.parallelToolCalls : undefined;
  return {
    // `top_k` travels as an option of ours: the SDK would leave it out with a warning.
    without: server.takesTopK === true ? without : [...without, 'topK'],
    elsewhere: ['topK'],
    providerOptions: {
      openaiCompatible: {
        ...(reasoningEffort !== undefined && !without.includes('reasoningEffort') && { reasoningEffort }),
        ...(verbosity !== undefined && !without.includes('verbosity') && { textVerbosity: verbosity }),
        strictJsonSchema: request.responseFormat?.type === 'json_schema' && request.responseFormat.strict === true,
      },
      [optionsName]: {
        ...(topK !== undefined && server.takesTopK === true && { top_k: topK }),
        ...(parallel !== undefined && { parallel_tool_calls: parallel }),
      },
    },
  };
}
