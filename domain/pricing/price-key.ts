/** Fields that hold what a client says, not what it asks of us: a price in there is a word like any other. */
const content = new Set(['messages', 'system', 'prompt', 'input', 'tools', 'functions', 'response_format', 'schema', 'metadata', 'samples', 'rows', 'data', 'variables', 'default', 'examples']);
const price = /(^|_)(price|prices|pricing)($|_)|_per_(million|token|tokens|1k|mtok)($|_)|^realtime_multiplier$/i;

/** What to tell whoever sends a price. */
export const pricesAreRefused = 'prices come from the registry and can\'t be sent along; remove it. GET /api/prices shows them, PATCH /api/models/{provider}/{model} sets them';

/**
 * The path of the first key that states a price, as in `members.0.input_per_million`; null: there is none. Messages, tools, schemas and other content of a client are not
 * looked into. Caps (`cost_cap_usd`) are no prices.
 * @example priceKeyIn({ model: 'trio', optional_params: { input_cost_per_token: 0 } }) // ['optional_params', 'input_cost_per_token']
 */
export function priceKeyIn(value: unknown): string[] | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value) && price.test(key)) return [key];
    if (content.has(key)) continue;
    const found = priceKeyIn(inner);
    if (found !== null) return [key, ...found];
  }
  return null;
}
