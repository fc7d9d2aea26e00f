type Schema = Record<string, unknown>;

/** What a sampled value may draw on: the text for strings and, where the question has one, the answer for fields that ask for it. */
export interface SampleContent {
  text: string;
  answer: string | null;
}

/**
 * A value that conforms to a JSON Schema (types, `enum`, `const`, `anyOf`, `allOf`, local `$ref`, lengths, bounds and common formats;
 * Gemini's upper-case types too). Every property is given, the optional ones included, except below depth 6.
 */
export function sampleSchema(schema: Schema, content: SampleContent): unknown {
  return sample({ schema, root: schema, name: '', content, depth: 0 });
}

interface Place {
  schema: Schema;
  root: Schema;
  name: string;
  content: SampleContent;
  depth: number;
}

function sample(place: Place): unknown {
  const schema = resolve(place.schema, place.root);
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return chooseFromEnum(schema.enum, place.content);
  if (schema.default !== undefined) return schema.default;
  const variants = asSchemas(schema.anyOf) ?? asSchemas(schema.oneOf);
  if (variants) return sample({ ...place, schema: variants.find((variant) => typeOf(variant) !== 'null') ?? variants[0] ?? {} });
  switch (typeOf(schema)) {
    case 'object': return sampleObject(schema, place);
    case 'array': return sampleArray(schema, place);
    case 'number': return sampleNumber(schema, place, false);
    case 'integer': return sampleNumber(schema, place, true);
    case 'boolean': return true;
    case 'null': return null;
    default: return sampleString(schema, place);
  }
}

function resolve(schema: Schema, root: Schema): Schema {
  let current = schema;
  for (let hops = 0; typeof current.$ref === 'string' && hops < 20; hops++) {
    const path = current.$ref.replace(/^#\/?/, '').split('/').filter(Boolean);
    current = path.reduce<unknown>((at, key) => (isSchema(at) ? at[key.replace(/~1/g, '/').replace(/~0/g, '~')] : undefined), root) as Schema | undefined ?? {};
  }
  const parts = asSchemas(current.allOf);
  if (!parts) return current;
  return parts.map((part) => resolve(part, root)).reduce<Schema>(
    (merged, part) => ({
      ...merged, ...part,
      properties: { ...(merged.properties as Schema | undefined), ...(part.properties as Schema | undefined) },
      required: [...((merged.required as string[] | undefined) ?? []), ...((part.required as string[] | undefined) ?? [])],
    }),
    { ...current, allOf: undefined },
  );
}

function typeOf(schema: Schema): string {
  const type: unknown = Array.isArray(schema.type) ? (schema.type.find((candidate) => candidate !== 'null') ?? 'null') : schema.type;
  if (typeof type === 'string') return type.toLowerCase();
  return schema.properties ? 'object' : schema.items ? 'array' : 'string';
}

function sampleObject(schema: Schema, place: Place): Record<string, unknown> {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const entries = Object.entries(isSchema(schema.properties) ? schema.properties : {});
  return Object.fromEntries(
    entries
      .filter(([name]) => required.has(name) || place.depth < 6)
      .map(([name, child]) => [name, sample({ ...place, schema: isSchema(child) ? child : {}, name, depth: place.depth + 1 })]),
  );
}

function sampleArray(schema: Schema, place: Place): unknown[] {
  const wanted = typeof schema.minItems === 'number' ? schema.minItems : place.depth < 6 ? 1 : 0;
  const fixed = asSchemas(schema.prefixItems) ?? [];
  const items = isSchema(schema.items) ? schema.items : {};
  return Array.from({ length: Math.max(wanted, fixed.length) }, (_, index) => sample({ ...place, schema: fixed[index] ?? items, depth: place.depth + 1 }));
}

function sampleNumber(schema: Schema, place: Place, integer: boolean): number {
  const answer = Number(place.content.answer ?? Number.NaN);
  const minimum = numberOf(schema.minimum) ?? (numberOf(schema.exclusiveMinimum) ?? -Infinity) + 1;
  const maximum = numberOf(schema.maximum) ?? (numberOf(schema.exclusiveMaximum) ?? Infinity) - 1;
  const wish = Number.isFinite(answer) ? answer : /confidence|probability|score/i.test(place.name) ? Math.min(1, maximum) : 1;
  const bounded = Math.max(minimum, Math.min(maximum, integer ? Math.round(wish) : wish));
  const step = numberOf(schema.multipleOf);
  return step ? Math.ceil(bounded / step) * step : bounded;
}

function sampleString(schema: Schema, place: Place): string {
  const formats: Record<string, string> = {
    date: '2026-01-01', 'date-time': '2026-01-01T00:00:00Z', time: '00:00:00Z', email: 'user@example.com', uri: 'https://example.com/',
    uuid: '00000000-0000-4000-8000-000000000000', ipv4: '192.0.2.1', hostname: 'example.com',
  };
  const format = typeof schema.format === 'string' ? formats[schema.format] : undefined;
  if (format) return format;
  const isAnswer = place.content.answer !== null && /answer|result|value|capital|name|choice|letter/i.test(place.name);
  const text = isAnswer ? place.content.answer ?? '' : place.content.text;
  return text.slice(0, numberOf(schema.maxLength) ?? 400).padEnd(numberOf(schema.minLength) ?? 0, '.');
}

function chooseFromEnum(values: unknown[], content: SampleContent): unknown {
  return values.find((value) => value === content.answer) ?? values.find((value) => typeof value === 'string' && content.text.includes(value)) ?? values[0] ?? null;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asSchemas(value: unknown): Schema[] | null {
  return Array.isArray(value) && value.length > 0 ? value.filter(isSchema) : null;
}
