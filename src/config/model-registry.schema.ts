import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const usdPerMillion = z.number().min(0).max(10_000);
const tokens = z.int().min(1);

const priceSource = z.strictObject({
  source: z.string().min(1).describe('Where the prices come from'),
  date: z.iso.date().describe('When they were read there'),
  verified: z.boolean().describe('Whether someone checked them against the provider\'s own page'),
  note: z.string().optional(),
});

const capabilities = z.strictObject({
  tools: z.boolean().optional(),
  images: z.boolean().optional(),
  json_schema: z.boolean().optional(),
  reasoning: z.boolean().optional(),
});

const count = z.int().min(1).max(1_000_000_000);

/** What may be sent at most; missing: no limit of ours, the provider's own holds. */
const limits = z.strictObject({
  requests_per_minute: count.optional(),
  tokens_per_minute: count.optional().describe('Input and output together'),
  concurrent: count.optional().describe('Calls at the same time'),
  max_inflight_batches: count.optional().describe('Provider jobs at the same time'),
  max_batch_input_tokens: count.optional().describe('Input tokens of one provider job: a larger one is split'),
});

const model = z
  .strictObject({
    display_name: z.string().min(1),
    alias_of: z.string().min(1).optional().describe('Another name of this model of the same provider: it has that one\'s price, and its facts where it has none of its own'),
    input_per_million: usdPerMillion.optional().describe('USD per million tokens at the batch rate'),
    output_per_million: usdPerMillion.optional(),
    cached_input_per_million: usdPerMillion.optional(),
    reasoning_per_million: usdPerMillion.optional().describe('Of reasoning tokens; missing: they cost what output costs'),
    price_source: z.string().optional().describe('A name of `sources`'),
    batch_support: z.boolean().optional(),
    context_tokens: tokens.optional(),
    output_tokens: tokens.optional().describe('Most tokens of one answer'),
    capabilities: capabilities.prefault({}).describe('Missing: unknown'),
    limits: limits.optional().describe('Of this model, besides its provider\'s'),
  })
  .refine((entry) => (entry.input_per_million === undefined) === (entry.output_per_million === undefined), 'give both prices or none')
  .refine((entry) => (entry.input_per_million === undefined) === (entry.price_source === undefined), 'a price needs its price_source, and the other way round')
  .refine((entry) => entry.input_per_million !== undefined || (entry.cached_input_per_million === undefined && entry.reasoning_per_million === undefined), 'a cached or reasoning price needs the prices of input and output')
  .refine((entry) => entry.alias_of === undefined || entry.input_per_million === undefined, 'an alias has no price of its own: it costs what alias_of costs');

const provider = z.strictObject({
  display_name: z.string().min(1),
  env_var: z.string().nullable().describe('Variable of the key; null: needs none'),
  sdk: z.string().min(1).describe('Package that speaks to it'),
  base_url: z.url().nullable().describe('null: only known at run time'),
  default_model: z.string().nullable(),
  realtime_multiplier: z.number().positive().max(100).multipleOf(0.001).default(2).describe('What a realtime call costs, in terms of the batch rate'),
  limits: limits.optional(),
  models: z.record(z.string().min(1), model).default({}),
});

/** `models.yaml`: what is known of providers and their models. Unknown keys are faults, so that a misspelt price can't be overlooked. */
export const modelRegistrySchema = z
  .strictObject({
    sources: z.record(name, priceSource),
    default_provider: name.optional().describe('Whom jobs ask that name nobody; missing: they are refused'),
    providers: z.record(name, provider),
  })
  .superRefine((registry, context) => {
    if (registry.default_provider !== undefined && !(registry.default_provider in registry.providers))
      context.addIssue({ code: 'custom', path: ['default_provider'], message: `'${registry.default_provider}' is not among the providers` });
    for (const [providerName, entry] of Object.entries(registry.providers)) {
      if (entry.default_model !== null && Object.keys(entry.models).length > 0 && !(entry.default_model in entry.models))
        context.addIssue({ code: 'custom', path: ['providers', providerName, 'default_model'], message: `'${entry.default_model}' is not among its models` });
      for (const [id, { price_source: source, alias_of: target }] of Object.entries(entry.models)) {
        if (target !== undefined && entry.models[target]?.alias_of !== undefined)
          context.addIssue({ code: 'custom', path: ['providers', providerName, 'models', id, 'alias_of'], message: `'${target}' is an alias itself` });
        if (target !== undefined && !(target in entry.models))
          context.addIssue({ code: 'custom', path: ['providers', providerName, 'models', id, 'alias_of'], message: `'${target}' is not among the models of '${providerName}'` });
        if (source !== undefined && !(source in registry.sources))
          context.addIssue({ code: 'custom', path: ['providers', providerName, 'models', id, 'price_source'], message: `'${source}' is not among the sources` });
      }
    }
  });
/** The content of a `models.yaml`. */
export type ModelRegistry = z.infer<typeof modelRegistrySchema>;
