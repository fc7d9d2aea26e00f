import { z } from 'zod';
import { conclaveOptions, consensusParameters } from '../../domain/chat/conclave-extensions.js';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.union([z.string().min(1), z.object({ url: z.string().min(1), detail: z.enum(['auto', 'low', 'high']).nullish() })]),
});
const audioPart = z.object({ type: z.literal('input_audio'), input_audio: z.object({ data: z.string().min(1), format: z.string().min(1) }) });
const filePart = z.object({
  type: z.literal('file'),
  file: z.object({ file_data: z.string().nullish(), filename: z.string().nullish(), file_id: z.string().nullish() }),
});
const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() });
const texts = z.union([z.string(), z.array(textPart)]);
const name = z.string().nullish();

const toolCall = z.object({
  id: z.string().min(1),
  type: z.literal('function').nullish(),
  function: z.object({ name: z.string().min(1), arguments: z.string() }),
});

const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content: texts, name }),
  z.object({ role: z.literal('user'), content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, imagePart, audioPart, filePart])).min(1)]), name }),
  z.object({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, refusalPart]))]).nullish(),
    refusal: z.string().nullish(),
    name,
    tool_calls: z.array(toolCall).nullish(),
    function_call: z.object({ name: z.string().min(1), arguments: z.string() }).nullish(),
    audio: z.null().optional(),
  }),
  z.object({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: texts, name }),
  z.object({ role: z.literal('function'), name: z.string().min(1), content: z.string().nullable() }),
]);
/** A message as OpenAI's clients write it. */
export type OpenAiMessage = z.infer<typeof message>;

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'use letters, digits, dash, dot and underscore, at most 64'),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
});

const toolChoice = z.union([z.enum(['none', 'auto', 'required']), z.object({ type: z.literal('function'), function: z.object({ name: z.string().min(1) }) })]);

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'use letters, digits, dash and underscore, at most 64'),
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const tokens = z.int().min(1).nullish();

/** Body of `POST /v1/chat/completions`. Unknown fields at the top are left alone, because clients send many; those of `conclave` are errors. */
export const chatCompletionBody = z
  .object({
    model: z.string().min(1).max(512).describe('`trio`, `gremium-consensus`, `composite/<strategy>/<model>`, `panel/<name>` or `<provider>/<model>`; GET /v1/models lists them'),
    messages: z.array(message).min(1),
    stream: z.boolean().nullish(),
    stream_options: z.object({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() }).nullish(),
    n: z.int().min(1).max(128).nullish().describe('More than one where candidates compete (`approve`, `vote`, `rank`): the best n answers, best first'),
    temperature: z.number().min(0).max(2).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    top_k: z.int().min(1).nullish(),
    max_completion_tokens: tokens.describe('Of one answer; wins over `max_tokens`'),
    max_tokens: tokens,
    stop: z.union([z.string(), z.array(z.string()).min(1).max(4)]).nullish(),
    seed: z.int().nullish(),
    presence_penalty: z.number().min(-2).max(2).nullish(),
    frequency_penalty: z.number().min(-2).max(2).nullish(),
    reasoning_effort: z.string().max(32).nullish(),
    verbosity: z.string().max(32).nullish(),
    tools: z.array(tool).max(512).nullish(),
    tool_choice: toolChoice.nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    response_format: responseFormat.nullish(),
    logprobs: z.boolean().nullish().describe('Must be false'),
    top_logprobs: z.int().min(0).nullish().describe('Must be 0'),
    logit_bias: z.record(z.string(), z.number()).nullish().describe('Must be empty'),
    modalities: z.array(z.string()).nullish().describe('Must be ["text"]'),
    functions: z.unknown().optional().describe('Refused: use `tools`'),
    function_call: z.unknown().optional().describe('Refused: use `tool_choice`'),
    web_search_options: z.unknown().optional().describe('Refused'),
    audio: z.unknown().optional().describe('Refused'),
    user: z.string().nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
    store: z.boolean().nullish(),
    service_tier: z.string().nullish(),
    safety_identifier: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
    optional_params: consensusParameters.nullish().describe('The consensus parameters, for clients that can add one object only'),
    conclave: conclaveOptions.optional(),
  })
  .extend(consensusParameters.shape)
  .meta({ id: 'ChatCompletionRequest' });
export type ChatCompletionBody = z.infer<typeof chatCompletionBody>;
