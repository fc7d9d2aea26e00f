import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { loadConfig, type Config } from '../config/config.js';
import { parseModelRegistry, registryPath } from '../config/model-registry.js';
import { ProvidersService } from '../providers/providers.service.js';
import type { HeldPrice } from '../models/update/judge-prices.js';
import { updateRegistry, type PricePage, type UpdateQuestion, type UpdateReport } from '../models/update/update-registry.js';

interface UpdateOptions {
  provider?: string[];
  dryRun?: boolean;
  verbose?: boolean;
  file?: string;
  llm?: boolean;
  pages?: string[];
  reader?: string;
  review?: string;
}

/** Their lists are catalogues of hundreds of other vendors' models, or of one's own: merged only when named. */
const catalogues = new Set(['openrouter', 'together', 'deepinfra', 'fireworks', 'chutes', 'ollama', 'trio', 'simulated', 'bedrock', 'vertex']);
const cheapReaders = [{ provider: 'gemini', model: 'gemini-2.0-flash-001' }, { provider: 'openai', model: 'gpt-4o-mini' }, { provider: 'anthropic', model: 'claude-3-5-haiku-20241022' }];

/** Updates models.yaml from the providers' lists, and from pages with prices; 0 when all could be read, 1 when some could not. */
export async function modelsUpdateCommand(options: UpdateOptions): Promise<number> {
  const config = loadConfig();
  const providers = new ProvidersService(config);
  const path = resolve(options.file ?? registryPath());
  const text = readFileSync(path, 'utf8');
  const report = await updateRegistry({ ...questionOf(options, config, providers, text), text });
  tell(report, options);
  if (report.changes.length === 0) console.log(`${path} is up to date.`);
  else if (options.dryRun === true) console.log(`${path} would change; nothing was written.`);
  else {
    replaceFile(path, report.text);
    console.log(`${path} is written. "conclave migrate", and every "conclave up", takes its prices over; running processes notice by themselves, new models at their next start.`);
  }
  if (options.dryRun !== true) hold(report.held, resolve(options.review ?? join(dirname(path), 'models.review.yaml')));
  return report.isPartial ? 1 : 0;
}

function questionOf(options: UpdateOptions, config: Config, providers: ProvidersService, text: string): Omit<UpdateQuestion, 'text'> {
  const inFile = Object.keys(parseModelRegistry(text).providers);
  const named = options.provider?.map((name) => {
    const canonical = providers.resolveAlias(name);
    if (canonical === null || !inFile.includes(canonical)) throw new Error(`--provider is '${name}', which is not in the registry. Known are: ${inFile.join(', ')}.`);
    if (!providers.isConfigured(canonical)) throw new Error(`Provider '${canonical}' can't be asked for its models. ${providers.howToConfigure(canonical)}`);
    return canonical;
  });
  const chosen = named ?? inFile.filter((name) => !catalogues.has(name) && providers.resolveAlias(name) !== null && providers.isConfigured(name));
  if (chosen.length === 0) throw new Error('No provider can be asked for its models: none has a key. Set one such as OPENAI_API_KEY, or name a provider with --provider.');
  if (options.pages !== undefined && options.llm !== true) throw new Error('--pages are read by a model: add --llm.');
  if (options.llm === true && options.pages === undefined) throw new Error('--llm reads prices from the text of pages: name them with --pages <provider>=<file>.');
  if (config.simulated && options.file === undefined) throw new Error("Answers are simulated: the product's own models.yaml would get made-up models. Set a key such as OPENAI_API_KEY, or name a copy with --file.");
  return {
    providers: chosen,
    provider: (name) => providers.get(name),
    pages: (options.pages ?? []).map((page) => readPage(page, inFile, chosen)),
    reader: options.llm === true ? readerOf(options.reader, providers) : null,
    date: new Date().toISOString().slice(0, 10),
    signal: new AbortController().signal,
  };
}

// `openai=prices.txt`, `openai_pricing.txt`, or any file where one provider is named.
function readPage(page: string, known: readonly string[], chosen: readonly string[]): PricePage {
  const [before = '', ...after] = page.split('=');
  const isNamed = after.length > 0 && known.includes(before);
  const path = isNamed ? after.join('=') : page;
  const provider = isNamed ? before : (known.find((name) => new RegExp(`^${name}([^a-z]|$)`).test(basename(path))) ?? (chosen.length === 1 ? chosen[0] : undefined));
  if (provider === undefined) throw new Error(`Whose prices are in '${page}'? Write --pages <provider>=${page}.`);
  if (!existsSync(path)) throw new Error(`--pages names '${path}', which does not exist.`);
  return { provider, name: basename(path), text: readFileSync(path, 'utf8') };
}

function readerOf(name: string | undefined, providers: ProvidersService): UpdateQuestion['reader'] {
  const slash = name?.indexOf('/') ?? -1;
  const choices = name === undefined ? cheapReaders : [{ provider: name.slice(0, Math.max(0, slash)), model: name.slice(slash + 1) }];
  const choice = choices.find(({ provider }) => providers.isConfigured(provider));
  if (choice !== undefined) return { provider: providers.get(choice.provider), model: choice.model };
  throw new Error(name === undefined ? `No model can read the pages. Set a key of ${cheapReaders.map(({ provider }) => provider).join(', ')}, or name one with --reader.` : `--reader is '${name}', which is no provider/model that can be called.`);
}

function tell(report: UpdateReport, { verbose }: UpdateOptions): void {
  for (const change of report.changes) console.log(`+ ${change}`);
  for (const warning of report.warnings) console.error(`! ${warning}`);
  if (verbose === true) for (const note of report.notes) console.log(`· ${note}`);
}

// A price held before stays, with its date; the same one again is no second entry.
function hold(held: readonly HeldPrice[], path: string): void {
  if (held.length === 0) return;
  const before = existsSync(path) ? ((parse(readFileSync(path, 'utf8')) as { held?: HeldPrice[] } | null)?.held ?? []) : [];
  const fresh = held.filter((price) => !before.some((earlier) => earlier.provider === price.provider && earlier.model === price.model && JSON.stringify(earlier.new) === JSON.stringify(price.new)));
  console.log(`${String(held.length)} prices wait for review in ${path}.`);
  if (fresh.length === 0) return;
  const head = '# Prices that were read from pages and not taken over. Put those that are right into models.yaml (batch rate, USD per million tokens) and delete this file.\n';
  replaceFile(path, head + stringify({ held: [...before, ...fresh.map((price) => ({ ...price, read_at: new Date().toISOString().slice(0, 10) }))] }));
}

// Whole or not at all: a broken models.yaml would keep the service from starting.
function replaceFile(path: string, text: string): void {
  const beside = `${path}.${String(process.pid)}.new`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}
