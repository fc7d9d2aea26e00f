import { APICallError } from '@ai-sdk/provider';
import { CallDeadline } from './call-deadline.js';
import { failureContext } from './failure-context.js';
import { httpFetch } from './http-fetch.js';
import type { Connection } from './provider-adapter.js';
import type { ListedModel, ListModelsOptions } from './provider.js';
import { failure, toProviderFailure } from './to-provider-failure.js';

/** How a provider's list of models is asked for and read. */
export interface ModelListing {
  /** Of the first page, below the base URL; `/models` as a rule. */
  path: string;
  headers(connection: Connection): Record<string, string>;
  /** JSON to be posted; missing: it is a GET. */
  body?: string;
  /** The models of one page, and what to add to `path` for the next one; null: it was the last. Throws for what is no such page. */
  read(page: unknown): { models: ListedModel[]; nextQuery: string | null };
}

/** More pages than this are a provider's mistake. */
const mostPages = 100;

/** All pages of a provider's models, each model once, in its order. Throws `ProviderFailure` with the codes of a call. */
export async function listModels(connection: Connection, listing: ModelListing, options: ListModelsOptions): Promise<ListedModel[]> {
  options.signal.throwIfAborted();
  const context = failureContext(connection, '');
  const deadline = new CallDeadline(options.signal, options.timeoutMs, null);
  const models = new Map<string, ListedModel>();
  try {
    let query: string | null = '';
    for (let page = 0; query !== null && page < mostPages; page += 1) {
      const read: ReturnType<ModelListing['read']> = listing.read(await getJson(`${connection.baseUrl}${listing.path}${query}`, { headers: { ...listing.headers(connection), ...connection.headers }, body: listing.body, signal: deadline.signal }));
      for (const model of read.models) models.set(model.id, model);
      query = read.nextQuery;
    }
    return [...models.values()];
  } catch (error) {
    options.signal.throwIfAborted();
    if (deadline.expired !== null) throw failure('timeout', `it gave no list of its models within ${String(options.timeoutMs)} ms`, context, { cause: error });
    throw toProviderFailure(error, context);
  } finally {
    deadline.stop();
  }
}

async function getJson(url: string, { headers, body, signal }: { headers: Record<string, string>; body: string | undefined; signal: AbortSignal }): Promise<unknown> {
  const posted = body === undefined ? {} : { method: 'POST', body };
  const response = await httpFetch(url, { headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }, ...posted, signal });
  const responseBody = await response.text();
  const refusal = { message: 'refused', url, requestBodyValues: {}, statusCode: response.status, responseHeaders: Object.fromEntries(response.headers), responseBody };
  if (!response.ok) throw new APICallError(refusal);
  try {
    return JSON.parse(responseBody);
  } catch (cause) {
    throw new APICallError({ ...refusal, cause });
  }
}

/** The header of a key as OpenAI's wire has it. */
export function bearer(connection: Connection): Record<string, string> {
  return connection.apiKey === null ? {} : { authorization: `Bearer ${connection.apiKey}` };
}
