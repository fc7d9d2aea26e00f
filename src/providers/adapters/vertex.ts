import { createVertex } from '@ai-sdk/google-vertex';
import { createVertexAnthropic } from '@ai-sdk/google-vertex/anthropic';
import { GoogleAuth, type AuthClient } from 'google-auth-library';
import { z } from 'zod';
import { AiSdkProvider } from '../ai-sdk-provider.js';
import { claudeMessages, claudeRules } from '../claude-rules.js';
import { failureContext } from '../failure-context.js';
import { geminiRules } from '../gemini-rules.js';
import { listModels, type ModelListing } from '../list-models.js';
import type { ModelFamily } from '../model-family.js';
import { openAiCompatibleFamily } from '../openai-compatible.js';
import type { Connection, ProviderAdapter } from '../provider-adapter.js';
import type { ListedModel, ListModelsOptions, ProviderRequest } from '../provider.js';
import type { RequestRules } from '../to-call-options.js';
import { failure } from '../to-provider-failure.js';

/**
 * Google's Vertex AI: Gemini, Claude, and open models such as Llama by its OpenAI-compatible endpoint. Credentials by Google's own rules; an API key reaches
 * Gemini only.
 */
export const vertex: ProviderAdapter = {
  name: 'vertex',
  aliases: [],
  keyVariable: 'GOOGLE_VERTEX_API_KEY',
  keyRequired: false,
  baseUrlVariable: 'VERTEX_BASE_URL',
  defaultBaseUrl: null,
  simulatedPath: '',
  simulatedSettings: { project: 'simulated', location: 'global', token: 'simulated' },
  connect: (environment) => {
    const { GOOGLE_VERTEX_API_KEY: apiKey, GOOGLE_VERTEX_PROJECT: project, GOOGLE_VERTEX_LOCATION: location = 'global', GOOGLE_APPLICATION_CREDENTIALS: keyFile } = environment;
    if (apiKey === undefined && project === undefined) return null;
    return {
      baseUrl: environment.VERTEX_BASE_URL ?? `https://${hostOf(location)}`,
      apiKey: apiKey ?? null,
      settings: { location, ...(project !== undefined && { project }), ...(keyFile !== undefined && { keyFile }) },
    };
  },
  howToConfigure: 'Set GOOGLE_VERTEX_PROJECT (and GOOGLE_VERTEX_LOCATION) with credentials by Google\'s own rules, or GOOGLE_VERTEX_API_KEY for Gemini alone',
  create: (connection) => {
    const token = tokenOf(connection);
    return new AiSdkProvider(connection, { family: (fetch) => family(connection, token, fetch), models: (options) => models(connection, token, options) });
  },
};

function hostOf(location: string): string {
  if (location === 'global') return 'aiplatform.googleapis.com';
  return location === 'eu' || location === 'us' ? `aiplatform.${location}.rep.googleapis.com` : `${location}-aiplatform.googleapis.com`;
}

type Token = () => Promise<string>;

// Key files, workload identity, `gcloud auth application-default login` and the machine's own account; the library keeps a token until it expires.
function tokenOf(connection: Connection): Token {
  const { token: fixed, project, keyFile } = connection.settings ?? {};
  if (fixed !== undefined) return async () => fixed;
  let auth: GoogleAuth | undefined;
  return async () => {
    const context = failureContext(connection, '');
    if (project === undefined) throw failure('auth', 'only Gemini can be called with an API key: set GOOGLE_VERTEX_PROJECT and credentials by Google\'s own rules for Claude, Llama and the list of models', context);
    try {
      auth ??= new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'], projectId: project, ...(keyFile !== undefined && { keyFilename: keyFile }) });
      const token = await auth.getAccessToken();
      if (token) return token;
    } catch (error) {
      throw failure('auth', `no Google credentials were found, or they gave no token: ${error instanceof Error ? error.message : 'unknown'}`, context, { cause: error });
    }
    throw failure('auth', 'its Google credentials gave no token', context);
  };
}

function family(connection: Connection, token: Token, fetch: typeof globalThis.fetch): ModelFamily {
  const { baseUrl, headers, apiKey } = connection;
  const { project = '', location = 'global' } = connection.settings ?? {};
  const place = `projects/${project}/locations/${location}`;
  // All that the SDK asks a client is its token; ours tells failures as failures.
  const authClient = { getAccessToken: async () => ({ token: await token() }) } as unknown as AuthClient;
  const common = { project, location, headers: { ...headers }, fetch, googleAuthOptions: { authClient } };
  const gemini = apiKey === null || connection.settings?.token !== undefined ? createVertex({ ...common, apiKey: '', baseURL: `${baseUrl}/v1beta1/${place}/publishers/google` }) : createVertex({ apiKey, headers: { ...headers }, fetch, baseURL: `${baseUrl}/v1/publishers/google` });
  const claude = createVertexAnthropic({ ...common, baseURL: `${baseUrl}/v1/${place}/publishers/anthropic/models` });
  const open = openAiCompatibleFamily(
    { name: 'vertex' },
    { ...connection, apiKey: null, baseUrl: `${baseUrl}/v1/${place}/endpoints/openapi` },
    async (input, init) => fetch(input, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization: `Bearer ${await token()}` } }),
  );
  const kindOf = (id: string): 'gemini' | 'claude' | 'open' => {
    const wrong = faultOfId(id);
    if (wrong !== null) throw failure('not_found', wrong, failureContext(connection, id));
    return id.startsWith('gemini-') ? 'gemini' : id.startsWith('claude-') ? 'claude' : 'open';
  };
  const models = { gemini: (id: string) => gemini(id), claude: (id: string) => claude(id), open: (id: string) => open.model(id) };
  return {
    model: (id) => models[kindOf(id)](id),
    prompt: { systemFirst: true },
    messages: (request) => (kindOf(request.model) === 'claude' ? claudeMessages(request) : request.messages),
    rules: (request) => {
      const kind = kindOf(request.model);
      if (kind === 'gemini') return geminiRules(request);
      return kind === 'claude' ? claudeOnVertex(request, connection.outputLimit?.(request.model) ?? null) : open.rules(request);
    },
  };
}

// Vertex knows no schema for Claude's answers: the SDK forces a tool instead, which excludes thinking and leaves no choice among the client's tools.
function claudeOnVertex(request: ProviderRequest, outputLimit: number | null): RequestRules {
  if (request.responseFormat?.type !== 'json_schema') return claudeRules(request, outputLimit);
  const { reasoningEffort: _effort, ...sampling } = request.sampling;
  const rules = claudeRules({ ...request, sampling }, outputLimit);
  const choice = request.tools && request.toolChoice && request.toolChoice.type !== 'auto' ? (['toolChoice'] as const) : [];
  return { ...rules, without: [...(rules.without ?? []), 'reasoningEffort', ...choice] };
}

/** What is wrong with a model's id, with the right form; null: nothing. */
function faultOfId(id: string): string | null {
  const dated = /^(claude-.+)-(20\d{6})$/.exec(id);
  if (dated) return `Vertex writes the date of a Claude model after '@': '${dated[1] ?? ''}@${dated[2] ?? ''}'`;
  if (/^(?:gemini|claude)-[a-z0-9.@-]+$/.test(id) || /^[a-z0-9-]+\/[a-z0-9._@-]+$/i.test(id)) return null;
  if (id.startsWith('llama-')) return `open models are named by vendor and model: 'meta/${id.endsWith('-maas') ? id : `${id}-maas`}'`;
  return "its ids are 'gemini-<model>', 'claude-<model>@<date>', or '<vendor>/<model>-maas' for open models, such as 'meta/llama-3.3-70b-instruct-maas'";
}

const page = z.object({ publisherModels: z.array(z.object({ name: z.string(), versionId: z.string().nullish() })).nullish(), nextPageToken: z.string().nullish() });

/** What an API key alone can ask for nothing: there is no list for it (https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference). */
const tokenCount: ModelListing = {
  path: '/v1/publishers/google/models/gemini-2.5-flash:countTokens',
  headers: ({ apiKey }) => ({ 'x-goog-api-key': apiKey ?? '' }),
  body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'ping' }] }] }),
  read: () => ({ models: [], nextQuery: null }),
};

/**
 * Gemini's and Claude's models in the catalogue, which says no limits and lists what the project may have to enable first. Open models are not told by the ids that calls need.
 * With an API key and no credentials there is none to be had: it is empty where the key is taken.
 */
async function models(connection: Connection, token: Token, options: ListModelsOptions): Promise<ListedModel[]> {
  const bearer = await token().catch((error: unknown) => {
    if (connection.apiKey === null) throw error;
    return null;
  });
  if (bearer === null) return listModels(connection, tokenCount, options);
  const authorization = `Bearer ${bearer}`;
  const project = connection.settings?.project;
  const listing = (publisher: string, id: (name: string, version: string | null) => string): ModelListing => ({
    path: `/v1beta1/publishers/${publisher}/models?pageSize=300`,
    headers: () => ({ authorization, ...(project !== undefined && { 'x-goog-user-project': project }) }),
    read: (content) => {
      const { publisherModels, nextPageToken } = page.parse(content);
      const listed = (publisherModels ?? []).map(({ name, versionId }) => ({ id: id(name.slice(name.lastIndexOf('/') + 1), versionId ?? null), displayName: null, contextTokens: null, outputTokens: null }));
      return { models: listed.filter((model) => /^(?:gemini|claude)-/.test(model.id)), nextQuery: nextPageToken ? `&pageToken=${encodeURIComponent(nextPageToken)}` : null };
    },
  });
  const gemini = await listModels(connection, listing('google', (name) => name), options);
  const claude = await listModels(connection, listing('anthropic', (name, version) => (version !== null && /^20\d{6}$/.test(version) && !name.includes('@') ? `${name}@${version}` : name)), options);
  return [...gemini, ...claude];
}
