import { z } from 'zod';

const count = z.number();
const moment = z.string().nullish();
const reason = z.object({ code: z.string(), message: z.string() }).nullish();
const usage = z.object({ input_tokens: count, output_tokens: count, cost_usd: z.number().nullable(), cost_known: z.boolean() });
const job = z.object({
  id: z.string(),
  provider: z.string(),
  model: z.string(),
  mode: z.string(),
  round: count,
  status: z.string(),
  provider_state: z.string().nullish(),
  reference: z.string().nullish(),
  lines: count,
  succeeded: count,
  failed: count,
  cost_usd: z.number().nullish(),
  cost_known: z.boolean().default(false),
  age_seconds: count,
  ended_at: moment,
  reason,
});

/** A batch as the commands read it from the API; lists have no `jobs`. */
export const batchOnWire = z.object({
  id: z.string(),
  status: z.string(),
  reason,
  mode: z.string(),
  next_mode: z.string().nullish(),
  model: z.string().nullish(),
  created_at: z.string(),
  started_at: moment,
  finished_at: moment,
  tags: z.array(z.string()),
  simulated: z.boolean(),
  counts: z.object({ total: count, pending: count, succeeded: count, failed: count, canceled: count }),
  usage: z.object({ retry: usage, total: usage }),
  cost_cap_usd: z.number().nullish(),
  reserved_usd: z.number().nullish(),
  jobs: z.array(job).default([]),
  eta_seconds: z.number().nullish(),
  resumes_at: moment,
  input_faults: z.array(z.object({ line: count, message: z.string() })).nullish(),
});
export type BatchOnWire = z.infer<typeof batchOnWire>;
export type JobOnWire = BatchOnWire['jobs'][number];

/** What a batch would take, as the API estimates it. */
export const estimateOnWire = z.object({ items: count, calls: count, input_tokens: count, output_tokens: count, cost_usd: z.number().nullable(), cost_known: z.boolean(), models: z.array(z.string()), simulated: z.boolean() });
export type EstimateOnWire = z.infer<typeof estimateOnWire>;

/** Faulty lines of an input. */
export const faultsOnWire = z.array(z.object({ line: count, custom_id: z.string().nullable(), message: z.string() }));

const tally = z.object({ expected: count, valid: count, failed: count, missing: count, duplicated: count, orphaned: count }).partial();

/** What `verify` found: of each job, of all of them, and of the items. */
export const integrityOnWire = z.looseObject({
  totals: tally.default({}),
  items: z.looseObject({ expected: count, missing: count }).partial().default({}),
  jobs: z.array(z.looseObject({ id: z.string(), provider: z.string().optional(), model: z.string().optional(), round: count.optional(), moved: count.optional(), ...tally.shape })).default([]),
});
export type IntegrityOnWire = z.infer<typeof integrityOnWire>;

/** What a repair did. */
export const repairOnWire = z.object({ reconciled: count, calls: count, items: count, started: z.boolean() });
export type RepairOnWire = z.infer<typeof repairOnWire>;

/** What stored answers came to against a schema. */
export const revalidationOnWire = z.object({ checked: count, valid: count, invalid: count, changed: count });
export type RevalidationOnWire = z.infer<typeof revalidationOnWire>;
