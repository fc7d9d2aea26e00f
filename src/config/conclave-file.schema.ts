import { z } from 'zod';
import { strategyNames } from '../../domain/chat/plan.js';
import { conclaveOptions, memberInput } from '../../domain/chat/conclave-extensions.js';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'use lower-case letters, digits, dot, dash and underscore, at most 64');
const environmentName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'use the name of an environment variable, such as MY_SERVER_API_KEY; the key itself never stands in this file');
const chain = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const httpUrl = z.url({ protocol: /^https?$/ });

/** A provider of one's own that speaks OpenAI's chat completions. */
const customProvider = z.strictObject({
  base_url: httpUrl.describe('Everything before `/chat/completions`, usually ending in `/v1`'),
  api_key_env: environmentName.optional().describe('Environment variable that holds the key; without it the provider needs none'),
  headers: z.record(z.string(), z.string()).optional().describe('Sent with every request; `${NAME}` is replaced by that environment variable'),
});

/** How a panel works: the request's own `conclave` options, and what only an operator sets. */
const panelOptions = conclaveOptions
  .omit({ members: true, chairman: true, usage_mode: true, stream_stages: true, trace: true })
  .extend({
    layers: z.int().min(1).max(3).optional().describe('moa: layers of proposers before the aggregator'),
    self: z.boolean().optional().describe('moa: the aggregator itself proposes, `samples` times'),
    samples: z.int().min(1).max(16).optional().describe('vote: answers of each member; moa with `self`: number of proposals'),
    stop_at: z.number().gt(0.5).max(1).optional().describe('vote: stop asking once the leader is ahead with this probability; 1 asks everyone'),
    call_timeout_ms: z.int().min(100).max(3_600_000).optional().describe('Milliseconds for one attempt of one call'),
  });

/** A stored panel, `panel/<name>`. */
export const panelDefinition = z.strictObject({
  description: z.string().max(500).optional(),
  strategy: z.enum(strategyNames),
  members: z.array(memberInput).min(1).max(16).optional().describe('Model names, or other panels as `panel/<name>`; default: the default panel\'s members'),
  reviewers: z.array(memberInput).min(1).max(16).optional().describe('approve, rank, council: who judges; default: the members'),
  chairman: chain.optional().describe('council, moa, fuse: chairman or aggregator; a list is a chain of stand-ins'),
  options: panelOptions.optional(),
  tool_executor: z
    .strictObject({ tools: z.array(z.string()).min(1), max_iterations: z.int().min(1).max(5).optional() })
    .optional()
    .describe('Tools of `tools` that the service runs itself instead of handing the calls to the client'),
});
export type PanelDefinition = z.infer<typeof panelDefinition>;

const toolEndpoint = z.strictObject({
  url: httpUrl.describe('Gets POST {"tool_call_id", "name", "arguments"} and answers {"content": "…"} or plain text; a repeated call has the same Idempotency-Key header'),
  timeout_ms: z.int().min(100).max(300_000).default(10_000),
  description: z.string().optional(),
});

const limits = z.strictObject({
  max_members: z.int().min(1).max(16).default(8).describe('Seats of a panel and of its reviewers'),
  requests_per_minute: z.int().min(1).optional().describe('Of an API key that has no limit of its own; missing: no limit'),
  deadline_ms: z.int().min(100).max(3_600_000).default(120_000).describe('Of a completion that names none'),
  call_timeout_ms: z.int().min(100).max(3_600_000).default(60_000).describe('Of one attempt of one call in a panel; a single call has the whole deadline'),
});

/** How batches are carried out that do not say it themselves. */
const batches = z.strictObject({
  poll_interval_seconds: z.number().min(0.05).max(3_600).default(5).describe('Between two looks at a job of a provider, at first'),
  max_poll_interval_seconds: z.number().min(0.05).max(3_600).default(60).describe('To which the interval stretches as a job grows old'),
  max_age_hours: z.number().gt(0).max(720).default(26).describe('After so long a job is canceled at its provider; what is done is kept'),
  on_stuck: z.enum(['resubmit', 'realtime', 'fail']).default('resubmit').describe('What becomes of the rest of a job that grew too old or expired'),
  max_attempts: z.int().min(1).max(20).default(4).describe('Attempts of one call of a batch, or of a benchmark run: by default with waits of 30, 60 and 120 s between them'),
  initial_delay_seconds: z.number().min(0).max(3_600).default(30).describe('Before the second attempt'),
  backoff_multiplier: z.number().min(1).max(10).default(2).describe('By which each further delay is longer'),
  validation_retry: z.strictObject({ max_attempts: z.int().min(0).max(20).default(3) }).prefault({}).describe('How often an item is asked again whose answer misses the schema'),
  max_inflight_batches: z.int().min(1).max(1_000).default(10).describe('Jobs of one batch at one provider at the same time'),
  confirm_above: z.int().min(0).default(50).describe('A batch of more items needs `confirm: true`'),
});

const limitValue = z.int().min(1).max(1_000_000_000).nullable().optional();

/** Limits of a provider or model that win over models.yaml's. */
const providerLimits = z.strictObject({
  requests_per_minute: limitValue.describe('null: no limit, whatever models.yaml says'),
  tokens_per_minute: limitValue.describe('Input and output together'),
  concurrent: limitValue.describe('Calls under way at the same time'),
  max_inflight_batches: limitValue.describe('Batch jobs at the provider at the same time'),
  max_batch_input_tokens: limitValue.describe('Input tokens of one batch job: a larger one is split'),
});

/** Everything of `conclave.yaml`; unknown keys are faults. */
export const conclaveFileSchema = z.strictObject({
  providers: z.record(name, customProvider).default({}),
  panels: z.record(name, panelDefinition).default({}),
  default_panel: name.optional().describe('Panel behind `gremium-consensus` and source of default members; missing: a council of the default models'),
  default_provider: name.optional().describe('Provider of jobs that name neither provider nor model'),
  default_model: z.string().min(1).optional().describe('Model name of jobs that name neither provider nor model; beside default_provider it is that provider\'s'),
  default_models: z.record(name, z.string().min(1)).default({}).describe('Model of a provider that the built-in default panel uses, by provider'),
  limits: limits.prefault({}),
  provider_limits: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}(\/\S{1,200})?$/, 'use a provider, such as openai, or a model of it, such as openai/gpt-4o'), providerLimits)
    .default({})
    .describe('What your accounts may ask of a provider or model; all workers together keep to it'),
  batches: batches.prefault({}),
  tools: z.record(z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/), toolEndpoint).default({}),
  default_tool_executor: z
    .strictObject({ tools: z.array(z.string()).min(1), max_iterations: z.int().min(1).max(5).optional() })
    .optional()
    .describe('Tools the service runs itself in requests that name no stored panel'),
});
export type ConclaveFile = z.infer<typeof conclaveFileSchema>;
