import type { ModelReference } from '../../domain/chat/call.js';
import type { ModelDirectory } from './model-directory.js';
import { nearestNames } from './nearest-names.js';
import { unknownModel } from './plan-fault.js';

/** Where a name stands and what it may fall back to. */
export interface NamePlace {
  /** The request's field, for faults. */
  param: string;
  /** A name nobody knows goes to the Trio backend: only for the members of `trio`. */
  trioBackend: boolean;
}

/**
 * The model a name means: its first segment is a registered provider; else it is the id of the only registry model with that id;
 * else, for members of `trio`, a model of the Trio backend. Throws a `PlanFault` otherwise, for disabled models, and for providers without a key.
 */
export function resolveModel(name: string, place: NamePlace, directory: ModelDirectory): ModelReference {
  if (/\p{Cc}/u.test(name)) throw unknownModel(place.param, 'A model name has no control characters.');
  const slash = name.indexOf('/');
  const provider = slash > 0 ? directory.provider(name.slice(0, slash)) : null;
  if (provider !== null && slash < name.length - 1) return usable({ provider, model: name.slice(slash + 1) }, name, place, directory);
  const owners = directory.providersOf(name);
  if (place.trioBackend && !owners.some((owner) => directory.isConfigured(owner))) return { provider: 'trio', model: name };
  if (owners.length === 1 && owners[0] !== undefined) return usable({ provider: owners[0], model: name }, name, place, directory);
  if (place.trioBackend) return { provider: 'trio', model: name };
  if (owners.length > 1) throw unknownModel(place.param, `Model '${name}' is offered by several providers. Write ${list(owners.map((owner) => `'${owner}/${name}'`))}.`);
  throw unknownModel(place.param, `Model '${name}' is not known.${suggestion(name, directory.names())} GET /v1/models lists all names.`);
}

function usable(reference: ModelReference, name: string, place: NamePlace, directory: ModelDirectory): ModelReference {
  const disabled = directory.disabled(reference.provider, reference.model);
  if (disabled !== null) throw unknownModel(place.param, `Model '${name}' can't be used: ${disabled}`);
  if (directory.isConfigured(reference.provider)) return reference;
  throw unknownModel(place.param, `Model '${name}' can't be used: provider '${reference.provider}' is not configured. ${directory.howToConfigure(reference.provider)}`);
}

/** ` Did you mean …?` with the nearest names, or nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestNames(name, known);
  return nearest.length === 0 ? '' : ` Did you mean ${list(nearest.map((near) => `'${near}'`))}?`;
}

function list(names: string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}
