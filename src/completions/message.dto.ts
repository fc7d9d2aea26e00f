import { z } from 'zod';
import { conclaveOptions, consensusParameters } from '../../domain/chat/conclave-extensions.js';

const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const source = z.discriminatedUnion('type', [
  z.object({ type: z.literal('base64'), media_type: z.string().min(1), data: z.string().min(1) }),
  z.object({ type: z.literal('url'), url: z.url({ protocol: /^https?$/ }) }),
  z.object({ type: z.literal('text'), media_type: z.string().nullish(), data: z.string() }),
  z.object({ type: z.literal('file'), file_id: z.string() }),
]);
export type AnthropicSource = z.infer<typeof source>;
const imageBlock = z.object({ type: z.literal('image'), source });
const documentBlock = z.object({ type: z.literal('document'), source, title: z.string().nullish(), context: z.string().nullish() });
const toolUseBlock = z.object({ type: z.literal('tool_use'), id: z.string().min(1), name: z.string().min(1), input: z.unknown() });
const toolResultBlock = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  is_error: z.boolean().nullish(),
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock]))]).nullish(),
});
const thinkingBlocks = [z.object({ type: z.literal('thinking') }), z.object({ type: z.literal('redacted_thinking') })] as const;

const message = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, toolResultBlock])).min(1)]),
  }),
  z.object({ role: z.literal('assistant'), content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, toolUseBlock, ...thinkingBlocks]))]) }),
  z.object({ role: z.literal('system'), content: z.union([z.string(), z.array(textBlock)]) }),
]);
/** A message as Anthropic's clients write it. */
export type AnthropicMessage = z.infer<typeof message>;

const tool = z.object({
  type: z.literal('custom').nullish().describe("Anthropic's server tools are refused: no other member has them"),
  name: z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/, 'use letters, digits, dash, dot and underscore, at most 128'),
  description: z.string().nullish(),
  input_schema: z.record(z.string(), z.unknown()),
  strict: z.boolean().nullish(),
});

const parallel = { disable_parallel_tool_use: z.boolean().nullish() };
const toolChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto'), ...parallel }),
  z.object({ type: z.literal('any'), ...parallel }),
  z.object({ type: z.literal('tool'), name: z.string().min(1), ...parallel }),
  z.object({ type: z.literal('none') }),
]);

const outputFormat = z.object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) });

const conversation = {
  model: z.string().min(1).max(512).describe('`trio`, `gremium-consensus-anthropic`, `composite/<strategy>/<model>`, `panel/<name>` or `<provider>/<model>`'),
  messages: z.array(message).min(1),
  system: z.union([z.string(), z.array(textBlock)]).nullish(),
  tools: z.array(tool).max(512).nullish(),
  tool_choice: toolChoice.nullish(),
  thinking: z
    .object({ type: z.enum(['enabled', 'disabled', 'adaptive']) })
    .nullish()
    .describe("Left aside: members think as they are configured, and thinking blocks are never sent, because clients would replay them with signatures that no other member can check"),
  output_config: z.object({ effort: z.string().max(32).nullish(), format: outputFormat.nullish() }).nullish(),
  output_format: outputFormat.nullish(),
  mcp_servers: z.array(z.unknown()).max(0, "'mcp_servers' is not supported; remove it").nullish(),
};

/** Body of `POST /v1/messages`. Unknown fields at the top are left alone; those of `conclave` are errors. */
export const messageBody = z
  .object({
    ...conversation,
    max_tokens: z.int().min(1).describe('Of one answer'),
    stream: z.boolean().nullish(),
    temperature: z.number().min(0).max(1).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    top_k: z.int().min(1).nullish(),
    stop_sequences: z
      .array(z.string().min(1))
      .max(64)
      .nullish()
      .describe('Honoured by every member; which of them ended the answer is not told, because most vendors do not say: `stop_reason` is then `end_turn` and `stop_sequence` null'),
    metadata: z.object({ user_id: z.string().nullish() }).nullish(),
    service_tier: z.string().nullish(),
    optional_params: consensusParameters.nullish().describe('The consensus parameters, for clients that can add one object only'),
    conclave: conclaveOptions.optional(),
  })
  .extend(consensusParameters.shape)
  .meta({ id: 'MessageRequest' });
export type MessageBody = z.infer<typeof messageBody>;

/** Body of `POST /v1/messages/count_tokens`. */
export const countTokensBody = z.object(conversation).meta({ id: 'CountTokensRequest' });
export type CountTokensBody = z.infer<typeof countTokensBody>;
