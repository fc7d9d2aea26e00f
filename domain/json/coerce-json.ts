import { BoundedValidator, TooManyChecks, UnusableSchema } from './bounded-validator.js';
import { EnumIndex, coerceScalar } from './coerce-scalar.js';
import { define, isObject } from './json-object.js';
import { readJson } from './read-json.js';

/** A value that was changed to follow its schema. `path` is a JSON pointer (`''`: the whole document). */
export interface Coercion {
  path: string;
  from: unknown;
  to: unknown;
}

/** The document of an answer with its values coerced, and the first 100 coercions; or what is wrong with it, up to 20 faults, by place. */
export type CoercedJson = { ok: true; value: unknown; coercions: Coercion[] } | { ok: false; errors: JsonFault[] };

/** `path` is a JSON pointer into the coerced document (`''`: the whole of it). */
export interface JsonFault {
  path: string;
  message: string;
}

const mostLevels = 200;
const mostCoercions = 100;
const mostFaults = 20;
const longestMessage = 300;
/** Steps from one part of a schema to another on the same value (`$ref`, `allOf`, `anyOf`); a schema that goes in circles stops here. */
const mostHops = 64;

/**
 * The JSON document of a model's answer, coerced and then validated by its schema: the same for batch and realtime. Fences, words around the document and trailing commas are
 * forgiven (see `readJson`); where the document misses the schema, texts become the numbers and booleans they spell, a scalar the only item of the array that is wanted, a text
 * the value of an `enum` that differs in case and spaces only, and `{"response": "…"}` the document inside. What follows the schema as it is, is never changed. Of several
 * different documents the only one that follows the schema counts; else they are ambiguous. Without a schema (null) the document is returned as read.
 * Time is bounded whatever answer and schema are; nothing is evaluated; a schema that can't be used itself judges nothing.
 * @example coerceJson('```json\n{"n": "5",}\n```', { properties: { n: { type: 'integer' } } }) // { ok: true, value: { n: 5 }, coercions: [{ path: '/n', from: '5', to: 5 }] }
 */
export function coerceJson(answer: string, schema: Record<string, unknown> | null): CoercedJson {
  const documents = readJson(answer);
  if (documents.length === 0) return fault(answer.trim() === '' ? 'The answer is empty.' : 'There is no JSON document in the answer, or it does not parse.');
  const tooMuch = documents.map(unusable).find((message) => message !== null);
  if (tooMuch) return fault(tooMuch);
  if (schema === null) return asRead(documents);
  try {
    const validator = new BoundedValidator(schema, answer.length);
    const outcomes = documents.map((document) => coerceDocument(document, validator));
    const [followed, ...others] = outcomes.filter((outcome) => outcome.ok);
    if (followed && others.length === 0) return followed;
    return outcomes.length === 1 && outcomes[0] ? outcomes[0] : ambiguous;
  } catch (error) {
    if (error instanceof TooManyChecks) return fault('The document takes too long to check.');
    if (error instanceof Error && error.name === 'RangeError') return fault('The document is nested too deeply.');
    if (error instanceof UnusableSchema) return asRead(documents);
    throw error;
  }
}

const ambiguous: CoercedJson = { ok: false, errors: [{ path: '', message: 'There are several different JSON documents in the answer; one is wanted.' }] };

function asRead(documents: unknown[]): CoercedJson {
  return documents.length === 1 ? { ok: true, value: documents[0], coercions: [] } : ambiguous;
}

function fault(message: string): CoercedJson {
  return { ok: false, errors: [{ path: '', message }] };
}

/** Why a document can't be handed on whatever the schema says, or null. */
function unusable(document: unknown): string | null {
  let level = [document];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > mostLevels) return `The document is nested deeper than ${mostLevels} levels.`;
    if (level.some((value) => typeof value === 'number' && !Number.isFinite(value))) return 'The document has a number that is too large.';
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : []));
  }
  return null;
}

/** A document by itself, or what it is wrapped in taken off: what was wrapped comes first, unless the schema knows the wrapper. */
function coerceDocument(document: unknown, validator: BoundedValidator): CoercedJson {
  const inner = unwrapped(document);
  if (inner === null) return coerceValue(document, validator);
  const isKnown = declares(validator.root, inner.name, validator);
  const outside = () => coerceValue(document, validator);
  const inside = (): CoercedJson => {
    const outcome = coerceValue(inner.value, validator);
    return outcome.ok ? { ...outcome, coercions: [{ path: '', from: document, to: inner.value }, ...outcome.coercions] } : outcome;
  };
  const first = isKnown ? outside() : inside();
  if (first.ok) return first;
  const second = isKnown ? inside() : outside();
  return second.ok ? second : first;
}

/** The document that an object's only property holds as a text, fenced or bare. */
function unwrapped(document: unknown): { name: string; value: unknown } | null {
  if (!isObject(document)) return null;
  const [entry, ...others] = Object.entries(document);
  if (!entry || others.length > 0 || typeof entry[1] !== 'string' || !/^\s*(?:```|[{[])/.test(entry[1])) return null;
  const [inner, ...more] = readJson(entry[1]);
  const isDocument = typeof inner === 'object' && inner !== null && more.length === 0 && unusable(inner) === null;
  return isDocument ? { name: entry[0], value: inner } : null;
}

/** Whether a schema speaks of a property by that name, or of properties by any name. */
function declares(part: unknown, name: string, validator: BoundedValidator, hops = 0): boolean {
  if (!isObject(part) || hops > mostHops) return false;
  validator.count();
  if (isObject(part.properties) && Object.hasOwn(part.properties, name)) return true;
  if (isObject(part.additionalProperties) || isObject(part.patternProperties)) return true;
  const branches = [validator.target(part), ...['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => listOf(part[keyword]))];
  return branches.some((branch) => declares(branch, name, validator, hops + 1));
}

function coerceValue(document: unknown, validator: BoundedValidator): CoercedJson {
  if (validator.isValid(document)) return { ok: true, value: document, coercions: [] };
  const coercions: Coercion[] = [];
  const value = coerced(document, { part: validator.root, path: '', hops: 0 }, { validator, coercions, enums: new EnumIndex() });
  const errors = validator.errorsOf(value);
  return errors.length === 0 ? { ok: true, value, coercions } : { ok: false, errors: faultsOf(errors) };
}

interface Place {
  part: unknown;
  path: string;
  hops: number;
}
interface Work {
  validator: BoundedValidator;
  coercions: Coercion[];
  enums: EnumIndex;
}

/** A value as a part of the schema wants it; unchanged where the part does not say or it can't be had. */
function coerced(value: unknown, { part, path, hops }: Place, work: Work): unknown {
  if (!isObject(part) || hops > mostHops) return value;
  work.validator.count();
  const also = (current: unknown, other: unknown) => coerced(current, { part: other, path, hops: hops + 1 }, work);
  let current = value;
  const target = work.validator.target(part);
  if (target !== undefined) current = also(current, target);
  for (const branch of listOf(part.allOf)) current = also(current, branch);
  for (const keyword of ['anyOf', 'oneOf']) current = chosen(current, { part, keyword, path, hops }, work);
  const own = coerceScalar(current, part, work.enums);
  if (own !== current) note(work.coercions, { path, from: current, to: own });
  if (Array.isArray(own)) return own.map((item, index) => coerced(item, { part: itemSchema(part, index), path: `${path}/${index}`, hops: 0 }, work));
  return isObject(own) ? coercedObject(own, { part, path }, work) : own;
}

/** The value by the first branch that it follows once coerced; unchanged where it follows one already, or none. */
function chosen(value: unknown, place: { part: Record<string, unknown>; keyword: string; path: string; hops: number }, work: Work): unknown {
  const branches = listOf(place.part[place.keyword]);
  if (branches.length === 0 || branches.some((branch) => work.validator.isValid(value, branch))) return value;
  for (const branch of branches) {
    const tried: Coercion[] = [];
    const current = coerced(value, { part: branch, path: place.path, hops: place.hops + 1 }, { ...work, coercions: tried });
    if (current === value || !work.validator.isValid(current, branch)) continue;
    for (const coercion of tried) note(work.coercions, coercion);
    return current;
  }
  return value;
}

function coercedObject(value: Record<string, unknown>, { part, path }: { part: Record<string, unknown>; path: string }, work: Work): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const schema = isObject(part.properties) && Object.hasOwn(part.properties, key) ? part.properties[key] : part.additionalProperties;
    define(copy, key, coerced(item, { part: schema, path: `${path}/${pointerPart(key)}`, hops: 0 }, work));
  }
  return copy;
}

function itemSchema(part: Record<string, unknown>, index: number): unknown {
  const fixed = listOf(part.prefixItems);
  return index < fixed.length ? fixed[index] : part.items;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function note(coercions: Coercion[], coercion: Coercion): void {
  if (coercions.length < mostCoercions) coercions.push(coercion);
}

function pointerPart(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Keywords whose errors only say that there are others further in. */
const outer = new Set(['properties', 'items', 'prefixItems', 'additionalItems', '$ref', 'allOf', 'patternProperties', 'false']);

function faultsOf(errors: { keyword: string; instanceLocation: string; error: string }[]): JsonFault[] {
  const telling = errors.filter(({ keyword }) => !outer.has(keyword));
  return (telling.length > 0 ? telling : errors).slice(0, mostFaults).map(({ instanceLocation, error }) => ({
    path: instanceLocation.slice(1),
    message: error.length > longestMessage ? `${error.slice(0, longestMessage)}…` : error,
  }));
}
