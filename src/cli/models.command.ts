import Table from 'cli-table3';
import { z } from 'zod';
import { errorText } from './chat-stream.js';
import { findServer } from './find-server.js';
import { fittedTable } from './fitted-table.js';

interface ServerChoice {
  url?: string;
  key?: string;
  json?: boolean;
}

const price = z.object({ input_usd_per_million: z.number(), output_usd_per_million: z.number(), source: z.string(), date: z.string() }).nullable();
const model = z.object({
  provider: z.string(),
  model: z.string(),
  display_name: z.string(),
  enabled: z.boolean(),
  is_default: z.boolean(),
  is_configured: z.boolean(),
  batch_support: z.boolean().nullable(),
  context_tokens: z.number().nullable(),
  output_tokens: z.number().nullable(),
  capabilities: z.record(z.string(), z.boolean().nullable()),
  price,
  price_verified: z.boolean(),
  overridden: z.array(z.string()),
});
type ModelRow = z.infer<typeof model>;
const page = z.object({ data: z.array(model), next_cursor: z.string().nullable() });
const detail = model.extend({ prices: z.array(z.object({ realtime: price, batch: price, origin: z.string().nullable(), valid_from: z.string().nullable(), valid_until: z.string().nullable(), changed_by: z.string().nullable() })) });

/** Prints the models of a running server; every page of them. */
export async function listModels(options: ServerChoice & { provider?: string; search?: string; capability?: string; batch?: boolean; disabled?: boolean }): Promise<void> {
  const filter = { provider: options.provider, search: options.search, capability: options.capability, batch: options.batch === true ? 'true' : undefined, enabled: options.disabled === true ? 'false' : 'any' };
  const models: ModelRow[] = [];
  let cursor: string | null = null;
  do {
    const asked: Record<string, string | undefined> = { ...filter, cursor: cursor ?? undefined };
    const read: z.infer<typeof page> = page.parse(await request(options, 'GET', `/api/models?${query(asked)}`));
    models.push(...read.data);
    cursor = read.next_cursor;
  } while (cursor !== null);
  if (options.json === true) {
    console.log(JSON.stringify(models, null, 2));
    return;
  }
  if (models.length === 0) {
    console.log('No model fits. "conclave models list" without options shows all.');
    return;
  }
  console.log(modelTable(models, process.stdout.isTTY ? process.stdout.columns : 250));
  console.log(`${String(models.length)} models. Prices are of realtime calls; ? is unknown.`);
}

// Ids are never shortened: they are there to be copied.
function modelTable(models: readonly ModelRow[], width: number): string {
  const isWide = width >= 120;
  const head = ['model', ...(isWide ? ['name'] : []), 'input $/M', 'output $/M', 'batch', ...(isWide ? ['context'] : []), 'state'];
  const rows = models.map((row) => {
    const [name, context] = isWide ? [[row.display_name], [row.context_tokens === null ? '?' : String(row.context_tokens)]] : [[], []];
    return [`${row.provider}/${row.model}`, ...name, dollars(row.price?.input_usd_per_million), dollars(row.price?.output_usd_per_million), known(row.batch_support), ...context, stateOf(row)];
  });
  return fittedTable({ head, rows, flexible: isWide ? [1, 6] : [4], right: isWide ? [2, 3, 5] : [1, 2], width });
}

/** Prints one model and what it has cost. */
export async function showModel(name: string, options: ServerChoice): Promise<void> {
  const row = detail.parse(await request(options, 'GET', await pathOf(name, options)));
  if (options.json === true) {
    console.log(JSON.stringify(row, null, 2));
    return;
  }
  console.log(`${row.provider}/${row.model}: ${row.display_name} (${stateOf(row)})`);
  console.log(`context ${row.context_tokens === null ? '?' : String(row.context_tokens)}, answer ${row.output_tokens === null ? '?' : String(row.output_tokens)} tokens; batch: ${known(row.batch_support)}; ${Object.entries(row.capabilities).map(([capability, can]) => `${capability}: ${known(can)}`).join(', ')}`);
  if (row.prices.length === 0) {
    console.log('Its price is unknown.');
    return;
  }
  const table = new Table({ head: ['from', 'until', 'realtime in/out', 'batch in/out', 'set by', 'source'], style: { head: [], border: [], compact: true } });
  for (const entry of row.prices) table.push([entry.valid_from ?? '', entry.valid_until ?? '', pair(entry.realtime), pair(entry.batch), entry.changed_by ?? 'models.yaml', entry.realtime ? `${entry.realtime.source}, ${entry.realtime.date}` : '']);
  console.log(table.toString());
}

/** Enables or disables a model, for a time or until further notice. */
export async function enableModel(name: string, enabled: boolean, options: ServerChoice & { from?: string; until?: string }): Promise<void> {
  const body = { enabled, ...(options.from === undefined ? {} : { valid_from: options.from }), ...(options.until === undefined ? {} : { valid_until: options.until }) };
  const row = detail.parse(await request(options, 'PATCH', await pathOf(name, options), body));
  if (options.json === true) {
    console.log(JSON.stringify(row, null, 2));
    return;
  }
  const when = `${options.from === undefined ? '' : ` from ${options.from}`}${options.until === undefined ? '' : ` until ${options.until}`}`;
  console.log(`${row.provider}/${row.model} is ${enabled ? 'enabled' : 'disabled'}${when}.`);
}

async function request(options: ServerChoice, method: string, path: string, body?: unknown): Promise<unknown> {
  const server = await findServer(options);
  const response = await fetch(`${server.url}${path}`, { method, headers: server.headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(await errorText(response));
  return response.json();
}

/** The model's address; a name without provider is looked for in the registry. */
async function pathOf(given: string, options: ServerChoice): Promise<string> {
  const name = given.includes('/') ? given : await withProvider(given, options);
  const slash = name.indexOf('/');
  if (slash < 1 || slash === name.length - 1) throw new Error(`'${name}' is not provider/model, as "conclave models list" shows them.`);
  return `/api/models/${encodeURIComponent(name.slice(0, slash))}/${name.slice(slash + 1).split('/').map(encodeURIComponent).join('/')}`;
}

async function withProvider(id: string, options: ServerChoice): Promise<string> {
  const { data } = page.parse(await request(options, 'GET', `/api/models?${query({ search: id, enabled: 'any', limit: '100' })}`));
  const owners = data.filter(({ model: own }) => own === id).map(({ provider }) => `${provider}/${id}`);
  const [only] = owners;
  if (only !== undefined && owners.length === 1) return only;
  if (only !== undefined) throw new Error(`'${id}' is offered by several providers: write ${owners.join(' or ')}.`);
  const near = data.slice(0, 5).map((row) => `${row.provider}/${row.model}`);
  throw new Error(`'${id}' is not in the registry. ${near.length === 0 ? '"conclave models list" shows what is' : `Did you mean ${near.join(' or ')}`}.`);
}

function query(values: Record<string, string | undefined>): string {
  return new URLSearchParams(Object.entries(values).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]))).toString();
}

function stateOf(row: ModelRow): string {
  const words = [row.enabled ? null : 'disabled', row.is_default ? 'default' : null, row.is_configured ? null : 'no key', row.overridden.length === 0 ? null : `set: ${row.overridden.join(', ')}`];
  return words.filter((word) => word !== null).join('; ') || 'usable';
}

function dollars(value: number | undefined): string {
  return value === undefined ? '?' : String(value);
}

function pair(value: z.infer<typeof price>): string {
  return value === null ? '?' : `${String(value.input_usd_per_million)} / ${String(value.output_usd_per_million)}`;
}

function known(value: boolean | null): string {
  return value === null ? '?' : value ? 'yes' : 'no';
}
