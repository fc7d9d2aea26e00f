import { z } from 'zod';

/** The schema of a member, as requests and `conclave.yaml` share it. */
export const memberInput = z.union([
  z.string().min(1),
  z.strictObject({
    model: z.string().min(1),
    samples: z.int().min(1).max(16).optional(),
    temperature: z.number().min(0).max(2).optional(),
    max_tokens: z.int().min(1).optional(),
    reasoning_effort: z.string().optional(),
  }),
]);
/** A member as a request or `conclave.yaml` names it: a model name, or an object with its own sampling. */
export type MemberInput = z.infer<typeof memberInput>;

const names = z.array(memberInput).min(1);
const chain = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** The strict `conclave` object of a request; unknown keys are an error. Shapes only: limits such as the number of members are the planner's. */
export const conclaveOptions = z
  .strictObject({
    members: names.optional(),
    seed: z.int().min(0).max(2 ** 31 - 1).optional(),
    deadline_ms: z.int().min(100).max(3_600_000).optional(),
    quorum: z.strictObject({ propose: z.int().min(1).optional(), vote: z.int().min(1).optional() }).optional(),
    grace: z
      .strictObject({ ratio: z.number().min(0).max(10).optional(), min_ms: z.int().min(0).optional(), max_ms: z.int().min(0).optional() })
      .optional(),
    chairman: chain.optional(),
    order: z.enum(['latin', 'fixed']).optional(),
    self_vote: z.enum(['include', 'exclude', 'omit']).optional(),
    rule: z.enum(['borda', 'copeland', 'schulze', 'kemeny']).optional(),
    tools: z.enum(['final', 'members', 'none']).optional(),
    usage_mode: z.enum(['billing', 'client']).optional(),
    stream_stages: z.enum(['comments', 'reasoning', 'none']).optional(),
    trace: z.enum(['none', 'summary', 'full']).optional(),
  })
  .meta({ id: 'ConclaveOptions' });
export type ConclaveOptions = z.infer<typeof conclaveOptions>;

/** Consensus parameters at the top level of a request, or inside `optional_params`. */
export const consensusParameters = z.object({
  proposers: names.optional(),
  aggregator: chain.optional(),
  council_models: names.optional(),
  review_models: names.optional(),
  chairman_model: chain.optional(),
  max_council_size: z.int().min(1).max(16).optional(),
  layers: z.int().min(1).max(3).optional(),
  self: z.boolean().optional(),
  samples: z.int().min(1).max(16).optional(),
});
export type ConsensusParameters = z.infer<typeof consensusParameters>;

/** Everything of a request that shapes the panel: what the planner takes. */
export interface ConclaveExtensions {
  parameters: ConsensusParameters;
  options: ConclaveOptions;
}
