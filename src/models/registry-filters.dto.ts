import { z } from 'zod';
import { mayHoldPrices } from '../http/priced-bodies.js';
import { overrideFields } from './override-fields.js';

// Postgres has no NUL in texts.
const name = z.string().min(1).max(300).refine((text) => !text.includes('\0'), 'must not contain a NUL character');
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const limit = z.coerce.number().int().min(1).max(1_000).default(500).describe('Entries on a page');
const cursor = name.optional().describe('`next_cursor` of the page before');
const provider = name.optional().describe('Only this provider, by its name or alias');
const time = z.iso.datetime({ offset: true });

/** Query of `GET /api/models`. */
export const modelFilter = z.strictObject({
  provider,
  search: name.optional().describe('Only models whose id or display name has this in it, in any case'),
  capability: z.enum(['tools', 'images', 'json_schema', 'reasoning']).optional().describe('Only models known to have it'),
  batch: flag.optional().describe('Only models known to have, or not to have, a batch interface'),
  enabled: z.enum(['true', 'false', 'any']).default('true').describe('Enabled models, disabled ones, or both'),
  limit,
  cursor,
});
export type ModelFilter = z.infer<typeof modelFilter>;

/** Query of `GET /api/prices`. */
export const priceQuery = z
  .strictObject({
    provider,
    model: name.optional().describe("The provider's own model id"),
    at: time.optional().describe('Prices that were in force then; missing: now'),
    history: flag.default(false).describe('Every price there ever was, newest first'),
    limit,
    cursor,
  })
  .refine((query) => !query.history || query.at === undefined, { path: ['at'], error: 'a history has no time; leave one of `at` and `history` out' });
export type PriceQuery = z.infer<typeof priceQuery>;

const usd = z.number().min(0).max(10_000);
const newPrice = z
  .strictObject({
    rate: z.enum(['batch', 'realtime']).describe('What the figures are: `batch` is what models.yaml has; `realtime` is divided by the multiplier'),
    input_usd_per_million: usd,
    output_usd_per_million: usd,
    cached_input_usd_per_million: usd.nullish().describe('Missing: like other input'),
    reasoning_usd_per_million: usd.nullish().describe('Missing: like other output'),
    realtime_multiplier: z.number().positive().max(100).optional().describe("Missing: the model's, else the provider's"),
    source: z.string().min(1).max(500).default('set by hand').describe('Where it comes from'),
    date: z.iso.date().optional().describe('When it was read there; missing: today'),
    verified: z.boolean().default(false).describe("Whether someone checked it against the provider's own page"),
  })
  .meta({ id: 'NewModelPrice' });
export type NewPriceBody = z.infer<typeof newPrice>;

const fields = Object.fromEntries(Object.entries(overrideFields).map(([field, schema]) => [field, schema.nullish()])) as { [Field in keyof typeof overrideFields]: z.ZodOptional<z.ZodNullable<(typeof overrideFields)[Field]>> };

/** Body of `PATCH /api/models/{provider}/{model}`: what is named is set, null takes what was set off again. */
export const modelChange = mayHoldPrices(
  z
    .strictObject({
      ...fields,
      price: newPrice.nullish(),
      valid_from: time.optional().describe('Missing: at once'),
      valid_until: time.optional().describe('Missing: until further notice'),
    })
    .refine(({ valid_from: _, valid_until: __, ...rest }) => Object.keys(rest).length > 0, 'expected at least one field to set, such as `enabled`')
    .meta({ id: 'ModelChange' }),
);
export type ModelChange = z.infer<typeof modelChange>;
