import type { ListedModel } from '../../providers/provider.js';
import { chatModels } from './listed-models.js';
import type { RegistryFile } from './registry-file.js';

/** What a provider's list changed in the file. */
export interface ListMerge {
  added: string[];
  /** `<model>: <fields>` that were unknown before. */
  filled: string[];
  /** In the file, but not in the provider's list any more; they stay, as old runs name them. */
  gone: string[];
  withoutPrice: string[];
}

/** Adds the models of a provider's list to the file. None is ever removed: the caller warns of those that are gone. */
export function mergeListed(file: RegistryFile, provider: string, listed: readonly ListedModel[]): ListMerge {
  const entry = file.registry().providers[provider];
  const before = entry?.models ?? {};
  const chats = chatModels(provider, listed);
  const fresh = chats.filter(({ id }) => !(id in before));
  // The first models of a provider make its default one of them, listed or not: the file is faulty otherwise.
  const lonely = entry?.default_model != null && Object.keys(before).length === 0 && fresh.length > 0 && !fresh.some(({ id }) => id === entry.default_model) ? [unlisted(entry.default_model)] : [];
  const added = [...lonely, ...fresh];
  for (const model of added) file.addModel(provider, model);
  const filled = listed.filter(({ id }) => id in before && before[id]?.alias_of === undefined).flatMap((model) => {
    const fields = file.fillIn(provider, model);
    return fields.length === 0 ? [] : [`${model.id}: ${fields.join(', ')}`];
  });
  const offered = new Set(listed.map(({ id }) => id));
  const now = file.registry().providers[provider]?.models ?? {};
  return {
    added: added.map(({ id }) => id),
    filled,
    gone: [...Object.keys(before), ...lonely.map(({ id }) => id)].filter((id) => !offered.has(id)),
    withoutPrice: Object.entries(now).flatMap(([id, { input_per_million: input, alias_of: target }]) => (input === undefined && target === undefined ? [id] : [])),
  };
}

function unlisted(id: string): ListedModel {
  return { id, displayName: null, contextTokens: null, outputTokens: null };
}
