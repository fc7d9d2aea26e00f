/** A number as JSON writes it; no sign before it but a minus, no other base, no digit grouping. */
const jsonNumber = /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?$/;

/**
 * A value as the `type`, `enum` and `const` of one part of a schema want it, or the value itself: `"5"` as the number it spells, `"true"` as the boolean, a scalar as the only
 * item where only an array will do, and a text that differs from one allowed value in case and spaces only as that value. A whole number must be exact:
 * `"12345678901234567890"` stays a text.
 */
export function coerceScalar(value: unknown, part: Record<string, unknown>, enums: EnumIndex): unknown {
  if (typeof value === 'object' || value === undefined) return value;
  const allowed = Array.isArray(part.enum) ? (part.enum as unknown[]) : Object.hasOwn(part, 'const') ? [part.const] : null;
  if (allowed && typeof value === 'string') return enums.meant(value, allowed);
  const types = Array.isArray(part.type) ? (part.type as unknown[]) : [part.type];
  if (part.type === undefined || types.some((type) => isOfType(value, type))) return value;
  // An array takes anything, so it comes last.
  for (const type of [...types.filter((one) => one !== 'array'), ...types.filter((one) => one === 'array')]) {
    const coerced = asType(value, type);
    if (coerced !== undefined) return coerced;
  }
  return value;
}

function isOfType(value: unknown, type: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

function asType(value: unknown, type: unknown): unknown {
  switch (type) {
    case 'integer':
      return integerOf(value);
    case 'number':
      return typeof value === 'string' ? numberOf(value) : undefined;
    case 'boolean':
      return typeof value === 'string' ? booleanOf(value) : undefined;
    case 'array':
      return [value];
    default:
      return undefined;
  }
}

function integerOf(value: unknown): number | undefined {
  const number = typeof value === 'string' ? numberOf(value) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

function numberOf(text: string): number | undefined {
  const trimmed = text.length <= 100 ? text.trim() : text;
  if (!jsonNumber.test(trimmed)) return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : undefined;
}

function booleanOf(text: string): boolean | undefined {
  const word = text.length <= 100 ? text.trim().toLowerCase() : text;
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

/** Allowed values by their texts, each list read once. */
export class EnumIndex {
  private readonly byList = new Map<unknown[], Map<string, unknown[]>>();

  /** The allowed value that a text means: itself, else the only one that is alike in case and spaces (a number or boolean by how it is written), else the text as it was. */
  meant(value: string, allowed: unknown[]): unknown {
    const alike = this.indexOf(allowed).get(normalized(value)) ?? [];
    return alike.length === 1 && !alike.includes(value) ? alike[0] : value;
  }

  private indexOf(allowed: unknown[]): Map<string, unknown[]> {
    const known = this.byList.get(allowed);
    if (known) return known;
    const index = new Map<string, unknown[]>();
    for (const candidate of new Set(allowed)) {
      if (typeof candidate !== 'string' && typeof candidate !== 'number' && typeof candidate !== 'boolean') continue;
      const text = normalized(String(candidate));
      index.set(text, [...(index.get(text) ?? []), candidate]);
    }
    this.byList.set(allowed, index);
    return index;
  }
}

function normalized(text: string): string {
  return text.trim().toLowerCase().replace(/\s+/g, ' ');
}
