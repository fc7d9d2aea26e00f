import { define, isObject } from '../json/json-object.js';
import { longestSafeText } from './pattern-cost.js';

/** Characters of a client's JSON schema, as JSON, and levels of nesting. OpenAI's own limits are below. */
const longestSchema = 131_072;
const deepestSchema = 100;
/** Names of properties are the model's words and as long as it likes, so their patterns must be safe for all lengths that occur. */
const longestName = 1_000_000;

const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];

/**
 * Why a JSON schema can't be held against answers, or null: its size, its depth, a type that JSON does not have (no answer could satisfy it), or a regular expression that is invalid or might
 * take for ever (see `longestSafeText`). Answers are checked inside a workflow, where nothing may take long.
 */
export function schemaFault(schema: Record<string, unknown>): string | null {
  const text = JSON.stringify(schema);
  if (text.length > longestSchema) return `The schema has ${text.length} characters; at most ${longestSchema} are allowed.`;
  if (depthOf(text) > deepestSchema) return `The schema is nested ${depthOf(text)} levels deep; at most ${deepestSchema} are allowed.`;
  const unknown = typesOf(schema).find((type) => !types.includes(type as string));
  if (unknown !== undefined) return `The schema names the type ${JSON.stringify(unknown).slice(0, 80)}, which JSON does not have. Write one of ${types.join(', ')}.`;
  const pattern = patternsOf(schema).find(({ text: expression, isName }) => !isUsable(expression, isName));
  if (pattern === undefined) return null;
  const shown = pattern.text.length > 80 ? `${pattern.text.slice(0, 80)}…` : pattern.text;
  return (
    `The regular expression '${shown}' can't be used to check answers: it is invalid, longer than 1000 characters, has look-arounds or back references, or might take for ever on some texts. ` +
    "Anchor it with '^', and leave no two ways to match the same text, as in '^[a-z]+(?:-[a-z]+)*$' instead of '^([a-z]+-?)+$'."
  );
}

/**
 * A copy of a schema that is cheap to check: patterns apply to texts as long as they are safe for and no longer, unusable ones are left out, and
 * so is `uniqueItems` (which compares all with all) without `withUniqueItems`. `onCheck` is called for every part that is tried, so that it can
 * throw when there were too many.
 */
export function boundedSchema(schema: Record<string, unknown>, options: BoundOptions): Record<string, unknown> {
  return copyOf(schema, options) as Record<string, unknown>; // a copy of an object is one
}

interface BoundOptions {
  withUniqueItems: boolean;
  /** Whether a pattern may still take so many steps; without it the pattern is not tried. */
  spend: (steps: number) => boolean;
  onCheck: () => void;
}

/** Keywords whose value maps names of the client's own to schemas, and those whose value is data. */
const mapKeywords = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);
const dataKeywords = new Set(['enum', 'const', 'default', 'examples']);

function copyOf(schema: unknown, options: BoundOptions): unknown {
  if (Array.isArray(schema)) return schema.map((item) => copyOf(item, options));
  if (!isObject(schema)) return schema;
  const { pattern, ...rest } = schema;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(rest)) {
    if (key === 'uniqueItems' && !options.withUniqueItems) continue;
    define(copy, key, dataKeywords.has(key) ? item : mapKeywords.has(key) && isObject(item) ? copyOfMap(key, item, options) : copyOf(item, options));
  }
  if (typeof pattern === 'string') copy.allOf = [...(Array.isArray(copy.allOf) ? (copy.allOf as unknown[]) : []), ...boundedPattern(pattern, options)];
  // The validator reads this keyword of every part it tries; it belongs to another draft than the one in use.
  Object.defineProperty(copy, '$recursiveAnchor', {
    enumerable: false,
    get: () => {
      options.onCheck();
      return undefined;
    },
  });
  return copy;
}

function copyOfMap(keyword: string, map: Record<string, unknown>, options: BoundOptions): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(map)) {
    if (keyword !== 'patternProperties' || isUsable(name, true)) define(copy, name, copyOf(schema, options));
  }
  return copy;
}

/** Steps that a pattern may take on one text, in tiers: short texts must not be charged for what long ones might take. */
const stepTiers = [10_000, 1_000_000, 10_000_000];

/** `if` the text is short enough for a tier, `then` the pattern is charged its steps and tried, `else` the next tier; beyond the last it is not tried. */
function boundedPattern(pattern: string, { spend }: BoundOptions): unknown[] {
  const tiers = stepTiers.map((steps) => ({ steps, longest: longestSafeText(pattern, steps) }));
  const bounded = tiers.reduceRight<unknown>((otherwise, { steps, longest }) => {
    if (longest === null || longest === 0) return otherwise;
    const charged = Object.defineProperty({}, 'pattern', { get: () => (spend(steps) ? pattern : undefined) });
    return longest === Infinity ? charged : { if: { maxLength: longest }, then: charged, else: otherwise };
  }, true);
  return [bounded];
}

function isUsable(pattern: string, isName: boolean): boolean {
  const longest = longestSafeText(pattern);
  return longest !== null && (!isName || longest >= longestName);
}

/** Every regular expression of a schema, wherever it stands. */
function patternsOf(schema: unknown): { text: string; isName: boolean }[] {
  if (Array.isArray(schema)) return schema.flatMap(patternsOf);
  if (!isObject(schema)) return [];
  return Object.entries(schema).flatMap(([key, item]) => {
    if (dataKeywords.has(key)) return [];
    if (key === 'pattern') return typeof item === 'string' ? [{ text: item, isName: false }] : [];
    if (!mapKeywords.has(key) || !isObject(item)) return patternsOf(item);
    const names = key === 'patternProperties' ? Object.keys(item).map((text) => ({ text, isName: true })) : [];
    return [...names, ...Object.values(item).flatMap(patternsOf)];
  });
}

/** Every type that is asked for, wherever it stands. */
function typesOf(schema: unknown): unknown[] {
  if (Array.isArray(schema)) return schema.flatMap(typesOf);
  if (!isObject(schema)) return [];
  return Object.entries(schema).flatMap(([key, item]) => {
    if (dataKeywords.has(key)) return [];
    if (key === 'type') return Array.isArray(item) ? (item as unknown[]) : [item];
    return mapKeywords.has(key) && isObject(item) ? Object.values(item).flatMap(typesOf) : typesOf(item);
  });
}

function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of json.replace(/"(?:[^"\\]|\\.)*"/g, '')) {
    if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}
