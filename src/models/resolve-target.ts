import { parseModelName } from '../panels/parse-model-name.js';

/** What one level says of who is to answer; null or missing: nothing. */
export interface TargetChoice {
  provider?: string | null | undefined;
  /** Any model name: `gpt-4o`, `openai/gpt-4o`, `trio`, `composite/council/gpt-4o`, `panel/fast`. */
  model?: string | null | undefined;
}

/** The levels at which a target may be named; an earlier one wins. */
export interface TargetLevels {
  /** Flags of the command line. They stand above the request, whose fields they fill. */
  cli?: TargetChoice;
  request?: TargetChoice;
  stage?: TargetChoice;
  /** `default_provider` and `default_model` of conclave.yaml. */
  global?: TargetChoice;
}

/** What the resolution asks about providers and models; `ModelDirectory` with the registry's defaults fits. */
export interface TargetDirectory {
  /** The canonical name of a registered provider (`google` is `gemini`); null: no such provider. */
  provider(name: string): string | null;
  isConfigured(provider: string): boolean;
  /** Providers whose registry entry has a model of this id. */
  providersOf(model: string): readonly string[];
  /** The model a provider stands for where none is named; null: it has none. */
  defaultModel(provider: string): string | null;
  /** Canonical names of all registered providers, in the order of lists. */
  providers(): readonly string[];
  /** The provider of the registry's own default; null: it names none. */
  registryProvider(): string | null;
}

/** Who answers. `name` is a model name for the planner: `provider/model`, or the panel as it was named (provider and model are null then). */
export interface Target {
  name: string;
  provider: string | null;
  model: string | null;
  /** Whether the command line named the provider, or the model, that was taken. */
  cliProviderOverride: boolean;
  cliModelOverride: boolean;
}
export type TargetResult = { ok: true; target: Target } | { ok: false; param: 'provider' | 'model'; message: string };

type Level = keyof TargetLevels;
type Named = Record<'provider' | 'model', { value: string; at: number } | null>;
const order: readonly Level[] = ['cli', 'request', 'stage', 'global'];

/**
 * Provider and model of a job: command line or request, then stage, then conclave.yaml, then the registry's default. A provider without a model takes a lower level's model
 * only where that is expressly this provider's, else its own default, and never another provider's. A model without a provider belongs to the only registry entry of that id;
 * where there is none, or several, a lower level's provider decides.
 * @example resolveTarget({ request: { provider: 'openai' }, global: { model: 'gemini/gemini-2.5-pro' } }, directory) // openai/gpt-4o-mini
 */
export function resolveTarget(levels: TargetLevels, directory: TargetDirectory): TargetResult {
  const named: Named = { provider: highest(levels, 'provider'), model: highest(levels, 'model') };
  if (named.model !== null && named.model.at <= (named.provider?.at ?? order.length)) return ofModel(named.model, named.provider, directory);
  if (named.provider !== null) return ofProvider(named.provider, levels, directory);
  const registry = directory.registryProvider();
  if (registry !== null) return ofProvider({ value: registry, at: order.length }, {}, directory);
  return fault('model', `Neither a model nor a provider is named, in the request, in the stage or in conclave.yaml (default_provider, default_model). ${whatWorks(directory)}`);
}

function highest(levels: TargetLevels, field: 'provider' | 'model'): { value: string; at: number } | null {
  const at = order.findIndex((level) => isNamed(levels[level]?.[field]));
  return at === -1 ? null : { value: levels[order[at] ?? 'cli']?.[field] ?? '', at };
}

function ofModel(model: NonNullable<Named['model']>, provider: Named['provider'], directory: TargetDirectory): TargetResult {
  const isBeside = provider?.at === model.at;
  if (parseModelName(model.value).kind !== 'model') {
    if (isBeside) return fault('provider', `'${model.value}' chooses its own providers, so it can't be combined with provider '${provider.value}'. Leave one of them out.`);
    return found(null, model.value, { providerAt: null, modelAt: model.at });
  }
  if (isBeside) return ofBoth(provider.value, model.value, model.at, directory);
  const written = prefixOf(model.value, directory);
  if (written !== null) return found(written.provider, written.id, { providerAt: model.at, modelAt: model.at });
  return ofBareModel(model, provider, directory);
}

function ofBareModel(model: NonNullable<Named['model']>, provider: Named['provider'], directory: TargetDirectory): TargetResult {
  const owners = directory.providersOf(model.value);
  const below = provider === null ? null : directory.provider(provider.value);
  const [only] = owners;
  if (owners.length === 1 && only !== undefined) return found(only, model.value, { providerAt: null, modelAt: model.at });
  if (below !== null && (owners.length === 0 || owners.includes(below))) return found(below, model.value, { providerAt: provider?.at ?? null, modelAt: model.at });
  if (owners.length > 1) return fault('model', `Model '${model.value}' is offered by several providers. Write ${owners.map((owner) => `'${owner}/${model.value}'`).join(' or ')}, or name a provider.`);
  return fault('model', `Model '${model.value}' is not in the registry, and no provider is named. Write '<provider>/${model.value}', or name a provider. ${whatWorks(directory)}`);
}

function ofBoth(named: string, model: string, at: number, directory: TargetDirectory): TargetResult {
  const provider = directory.provider(named);
  if (provider === null) return unknownProvider(named, directory);
  return found(provider, ownId(model, provider, directory), { providerAt: at, modelAt: at });
}

function ofProvider(named: NonNullable<Named['provider']>, levels: TargetLevels, directory: TargetDirectory): TargetResult {
  const provider = directory.provider(named.value);
  if (provider === null) return unknownProvider(named.value, directory);
  const at = order.findIndex((level, index) => index > named.at && ownerOf(levels[level] ?? {}, directory) === provider);
  const lower = at === -1 ? null : levels[order[at] ?? 'global']?.model;
  if (isNamed(lower)) return found(provider, ownId(lower, provider, directory), { providerAt: named.at, modelAt: at });
  const own = directory.defaultModel(provider);
  if (own === null) return fault('model', `Provider '${provider}' has no default model. Name one, as "${provider}/<model>". ${whatWorks(directory)}`);
  return found(provider, own, { providerAt: named.at, modelAt: null });
}

// The provider whose model this level names: as its provider, by the name's prefix, or as the only registry entry of that id.
function ownerOf({ provider, model }: TargetChoice, directory: TargetDirectory): string | null {
  if (!isNamed(model) || parseModelName(model).kind !== 'model') return null;
  if (isNamed(provider)) return directory.provider(provider);
  const owners = directory.providersOf(model);
  return prefixOf(model, directory)?.provider ?? (owners.length === 1 ? (owners[0] ?? null) : null);
}

function prefixOf(model: string, directory: TargetDirectory): { provider: string; id: string } | null {
  const slash = model.indexOf('/');
  const provider = slash > 0 && slash < model.length - 1 ? directory.provider(model.slice(0, slash)) : null;
  return provider === null ? null : { provider, id: model.slice(slash + 1) };
}

// `openai/gpt-4o` beside provider `openai` is `gpt-4o`; beside `openrouter` it is that provider's own id.
function ownId(model: string, provider: string, directory: TargetDirectory): string {
  const written = prefixOf(model, directory);
  return written?.provider === provider ? written.id : model;
}

function found(provider: string | null, model: string, from: { providerAt: number | null; modelAt: number | null }): TargetResult {
  const flags = { cliProviderOverride: from.providerAt === 0, cliModelOverride: from.modelAt === 0 };
  return { ok: true, target: provider === null ? { name: model, provider, model: null, ...flags } : { name: `${provider}/${model}`, provider, model, ...flags } };
}

function fault(param: 'provider' | 'model', message: string): TargetResult {
  return { ok: false, param, message };
}

function unknownProvider(name: string, directory: TargetDirectory): TargetResult {
  return fault('provider', `Provider '${name}' is not known. Known are: ${directory.providers().join(', ')}.`);
}

function whatWorks(directory: TargetDirectory): string {
  const usable = directory.providers().filter((provider) => directory.isConfigured(provider)).flatMap((provider) => (directory.defaultModel(provider) === null ? [] : [`${provider}/${directory.defaultModel(provider) ?? ''}`]));
  return usable.length === 0 ? 'No provider with a default model is configured: set a key such as OPENAI_API_KEY.' : `These would work: ${usable.join(', ')}, gremium-consensus.`;
}

function isNamed(value: string | null | undefined): value is string {
  return value !== undefined && value !== null && value.trim() !== '';
}
