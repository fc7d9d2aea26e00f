import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { AwsV4Signer } from 'aws4fetch';
import { z } from 'zod';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import { claudeMessages, claudeThinking } from '../claude-rules.js';
import { failureContext } from '../failure-context.js';
import { listModels, type ModelListing } from '../list-models.js';
import type { ModelFamily } from '../model-family.js';
import type { Connection, ProviderAdapter } from '../provider-adapter.js';
import type { ListModelsOptions, ListedModel, ProviderRequest } from '../provider.js';
import type { RequestRules } from '../to-call-options.js';
import { failure } from '../to-provider-failure.js';

/** Amazon Bedrock through its Converse API. Credentials by AWS' own rules; `AWS_BEARER_TOKEN_BEDROCK` comes first. */
export const bedrock: ProviderAdapter = {
  name: 'bedrock',
  aliases: [],
  keyVariable: 'AWS_BEARER_TOKEN_BEDROCK',
  keyRequired: false,
  baseUrlVariable: 'BEDROCK_BASE_URL',
  defaultBaseUrl: null,
  simulatedPath: '',
  connect: (environment) => {
    const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
    const hints = [environment.AWS_BEARER_TOKEN_BEDROCK, environment.AWS_ACCESS_KEY_ID, environment.AWS_PROFILE, environment.BEDROCK_BASE_URL];
    if (region === undefined || hints.every((hint) => hint === undefined)) return null;
    const { AWS_PROFILE: profile, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = environment;
    // As in AWS' own clients a named profile wins over keys in the environment.
    const keys = profile === undefined && accessKeyId !== undefined && secretAccessKey !== undefined ? { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) } : {};
    return {
      baseUrl: environment.BEDROCK_BASE_URL ?? `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
      apiKey: environment.AWS_BEARER_TOKEN_BEDROCK ?? null,
      settings: { region, ...(profile !== undefined && { profile }), ...keys },
    };
  },
  howToConfigure: 'Set AWS_REGION and either AWS_BEARER_TOKEN_BEDROCK, AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; with the role of a machine, set BEDROCK_BASE_URL',
  create: (connection) => {
    const credentials = credentialsOf(connection);
    return new AiSdkProvider(connection, { family: (fetch) => family(connection, credentials, fetch), models: (options) => models(connection, credentials, options) });
  },
};

type Credentials = () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;

function regionOf(connection: Connection): string {
  return connection.settings?.region ?? 'us-east-1';
}

// What the chain finds (profiles, SSO, web identity, roles of containers and machines) it keeps until it expires.
function credentialsOf(connection: Connection): Credentials {
  const { accessKeyId, secretAccessKey, sessionToken, profile } = connection.settings ?? {};
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) });
  return fromNodeProviderChain({ ...(profile !== undefined && { profile }), clientConfig: { region: regionOf(connection) } });
}

function family(connection: Connection, credentials: Credentials, fetch: typeof globalThis.fetch): ModelFamily {
  const sdk = createAmazonBedrock({
    baseURL: connection.baseUrl,
    region: regionOf(connection),
    headers: { ...connection.headers },
    // Never from the environment behind our back: an empty key means signatures.
    apiKey: connection.apiKey ?? '',
    credentialProvider: credentials,
    fetch: async (input, init) => withoutSignature(await fetch(input, init)),
  });
  return {
    model: (id) => {
      const wrong = faultOfId(id, regionOf(connection));
      if (wrong !== null) throw failure('not_found', wrong, failureContext(connection, id));
      return sdk(id);
    },
    prompt: { systemFirst: true },
    messages: claudeMessages,
    rules: (request) => rules(request, connection.outputLimit?.(request.model) ?? null),
  };
}

// A refused signature is answered with the text that was signed, session token included.
async function withoutSignature(response: Response): Promise<Response> {
  if (response.status !== 403) return response;
  const text = await response.text();
  const cut = text.indexOf('The Canonical String');
  return new Response(cut === -1 ? text : JSON.stringify({ message: 'The request signature does not match: check the secret key and the clock.' }), { status: 403, headers: response.headers });
}

const geographies = '(?:us|us-gov|eu|apac|jp|au|ca|global)';
const claude = new RegExp(`^${geographies}\\.anthropic\\.`);
const newLlama = /meta\.llama(?:3-[2-9]|[4-9])-/;
const served = new RegExp(`^(?:arn:aws[a-z-]*:bedrock:.+|(?:${geographies}\\.)?[a-z0-9-]+\\.[a-z0-9].*)$`);

/** What is wrong with a model's id, with the right form; null: nothing. Claude and Llama from 3.2 on are served by inference profiles only, whose ids begin with a geography. */
function faultOfId(id: string, region: string): string | null {
  const geography = geographyOf(region);
  const vendor = new RegExp(`^(?:${geographies}\\.)?([a-z0-9-]+)\\.`).exec(id)?.[1];
  const bare = id.replace(new RegExp(`^${geographies}\\.(?=[a-z0-9-]+\\.)`), '');
  if (id.startsWith('arn:')) return served.test(id) ? null : `'${id}' is no ARN of Bedrock`;
  if (vendor === undefined && id.startsWith('claude')) return `Claude is called by an inference profile: '${geography}.anthropic.${id}${/-v\d/.test(id) ? '' : '-v1:0'}'`;
  if (vendor === undefined && id.startsWith('llama')) return `its ids name the vendor: '${newLlama.test(`meta.${id}`) ? `${geography}.` : ''}meta.${id}'`;
  if (!served.test(id)) return `its ids are '<vendor>.<model>', such as 'amazon.nova-lite-v1:0', 'mistral.mistral-large-2407-v1:0', 'cohere.command-r-v1:0', '${geography}.anthropic.<model>' and '${geography}.meta.<model>'`;
  if (vendor === 'anthropic' && !claude.test(id)) return `Claude is called by an inference profile: '${geography}.${id}' (also eu., apac. and global.)`;
  if (vendor === 'meta' && newLlama.test(id) && bare === id) return `Llama from 3.2 on is called by an inference profile: '${geography}.${id}'`;
  if (vendor === 'meta' && /meta\.llama(?:2|3-\d+b)/.test(id) && bare !== id) return `Llama before 3.2 has no geography: '${bare}'`;
  if (vendor === 'cohere' && bare !== id) return `Cohere's models have no geography: '${bare}'`;
  return null;
}

function geographyOf(region: string): string {
  if (region.startsWith('us-gov-')) return 'us-gov';
  return region.startsWith('eu-') ? 'eu' : region.startsWith('ap-') ? 'apac' : 'us';
}

const levels: Record<string, 'low' | 'medium' | 'high'> = { minimal: 'low', low: 'low', medium: 'medium', high: 'high', xhigh: 'high', max: 'high' };

function rules(request: ProviderRequest, outputLimit: number | null): RequestRules {
  const isClaude = request.model.includes('anthropic.');
  const reasoning = isClaude ? claudeReasoning(request) : reasoningOf(request);
  const { topK } = request.sampling;
  const format = request.responseFormat?.type;
  const parallel = isClaude && request.tools ? request.parallelToolCalls : undefined;
  return {
    // Converse has no `topK` of its own; Claude takes it among its own fields.
    elsewhere: ['topK'],
    without: [
      'verbosity',
      ...(isClaude ? [] : (['topK', 'parallelToolCalls'] as const)),
      ...(reasoning === null ? (['reasoningEffort'] as const) : []),
      ...(format === 'json_object' ? (['responseFormat'] as const) : []),
      // A schema goes out as a forced tool, which leaves no choice among the client's.
      ...(format === 'json_schema' && request.tools && request.toolChoice && request.toolChoice.type !== 'auto' ? (['toolChoice'] as const) : []),
    ],
    ...(isClaude && outputLimit !== null && { defaultMaxOutputTokens: outputLimit - (reasoning?.budgetTokens ?? 0) }),
    providerOptions: {
      bedrock: {
        ...(reasoning && Object.keys(reasoning).length > 0 && { reasoningConfig: reasoning }),
        ...(isClaude && topK !== undefined && { additionalModelRequestFields: { top_k: topK } }),
      },
      ...(parallel !== undefined && { anthropic: { disableParallelToolUse: !parallel } }),
    },
  };
}

type Reasoning = { type?: 'enabled'; budgetTokens?: number; maxReasoningEffort?: string };

// null: asked for, but this model or this request can't.
function claudeReasoning(request: ProviderRequest): Reasoning | null {
  const thinking = claudeThinking(request);
  if (thinking === null) return null;
  if (typeof thinking.thinking === 'object') return { type: 'enabled', budgetTokens: Number(thinking.thinking.budgetTokens) };
  return typeof thinking.effort === 'string' ? { maxReasoningEffort: thinking.effort } : {};
}

function reasoningOf({ model, sampling: { reasoningEffort } }: ProviderRequest): Reasoning | null {
  if (reasoningEffort === undefined || reasoningEffort === 'none') return {};
  const level = levels[reasoningEffort];
  if (level === undefined) return null;
  if (model.includes('openai.')) return { maxReasoningEffort: level };
  return /amazon\.nova-2/.test(model) ? { type: 'enabled', maxReasoningEffort: level } : null;
}

const foundationModels = z.object({ modelSummaries: z.array(z.object({ modelId: z.string(), modelName: z.string().nullish(), outputModalities: z.array(z.string()).nullish(), inferenceTypesSupported: z.array(z.string()).nullish() })) });
const inferenceProfiles = z.object({ inferenceProfileSummaries: z.array(z.object({ inferenceProfileId: z.string(), inferenceProfileName: z.string().nullish() })) });

/** What can be called on demand, and the inference profiles. Bedrock's lists tell no limits. */
async function models(connection: Connection, credentials: Credentials, options: ListModelsOptions): Promise<ListedModel[]> {
  // Lists are of another service than calls.
  const control = { ...connection, baseUrl: connection.baseUrl.replace('://bedrock-runtime.', '://bedrock.') };
  const list = async (path: string, read: (page: unknown) => ListedModel[]): Promise<ListedModel[]> => {
    const headers = await authorization(control, `${control.baseUrl}${path}`, credentials);
    return listModels(control, { path, headers: () => headers, read: (page) => ({ models: read(page), nextQuery: null }) } satisfies ModelListing, options);
  };
  const onDemand = await list('/foundation-models', (page) =>
    foundationModels
      .parse(page)
      .modelSummaries.filter(({ outputModalities, inferenceTypesSupported }) => (outputModalities?.includes('TEXT') ?? true) && (inferenceTypesSupported?.includes('ON_DEMAND') ?? true))
      .map(({ modelId, modelName }) => listed(modelId, modelName)),
  );
  const profiles = await list('/inference-profiles?maxResults=1000', (page) => inferenceProfiles.parse(page).inferenceProfileSummaries.map((profile) => listed(profile.inferenceProfileId, profile.inferenceProfileName)));
  return [...onDemand, ...profiles].filter(({ id }) => faultOfId(id, regionOf(connection)) === null);
}

function listed(id: string, name: string | null | undefined): ListedModel {
  return { id, displayName: name ?? null, contextTokens: null, outputTokens: null };
}

async function authorization(connection: Connection, url: string, credentials: Credentials): Promise<Record<string, string>> {
  if (connection.apiKey !== null) return { authorization: `Bearer ${connection.apiKey}` };
  try {
    const { headers } = await new AwsV4Signer({ ...(await credentials()), url, method: 'GET', service: 'bedrock', region: regionOf(connection) }).sign();
    return Object.fromEntries([...headers].filter(([name]) => name !== 'host'));
  } catch (error) {
    throw failure('auth', `no AWS credentials were found: ${error instanceof Error ? error.message : 'unknown'}`, failureContext(connection, ''), { cause: error });
  }
}
