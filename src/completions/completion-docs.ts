import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

const openaiError = z
  .object({ error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string().nullable() }), conclave: z.record(z.string(), z.unknown()).optional() })
  .meta({ id: 'OpenAiError' });
const anthropicError = z
  .object({
    type: z.literal('error'),
    error: z.object({ type: z.string(), message: z.string(), code: z.string().optional() }),
    request_id: z.string(),
    conclave: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'AnthropicError' });

const conclave = z.record(z.string(), z.unknown()).describe('Completion id, strategy, calls, cost_usd, cost_known, attached, degraded, missing, stage_reached, agreement, source, usage; `trace` on request');
const count = z.int().min(0);

/** OpenAI's `chat.completion`, for the OpenAPI document. */
export const chatCompletionSchema = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: count,
        message: z.object({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.string().nullable(),
          tool_calls: z.array(z.object({ id: z.string(), type: z.literal('function'), function: z.object({ name: z.string(), arguments: z.string() }) })).optional(),
        }),
        logprobs: z.null(),
        finish_reason: z.enum(['stop', 'length', 'tool_calls', 'content_filter']),
      }),
    ),
    usage: z
      .object({
        prompt_tokens: count,
        completion_tokens: count,
        total_tokens: count,
        prompt_tokens_details: z.object({ cached_tokens: count }),
        completion_tokens_details: z.object({ reasoning_tokens: count }),
      })
      .optional()
      .describe('Sums every call; with `conclave.usage_mode: client` the final stage only'),
    conclave,
  })
  .meta({ id: 'ChatCompletion' });

/** Anthropic's `message`, for the OpenAPI document. */
export const messageSchema = z
  .object({
    id: z.string(),
    type: z.literal('message'),
    role: z.literal('assistant'),
    model: z.string(),
    content: z.array(z.union([z.object({ type: z.literal('text'), text: z.string() }), z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.record(z.string(), z.unknown()) })])),
    stop_reason: z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'refusal']).nullable(),
    stop_sequence: z.string().nullable(),
    usage: z.object({ input_tokens: count, output_tokens: count, cache_creation_input_tokens: count.optional(), cache_read_input_tokens: count.optional() }),
    conclave,
  })
  .meta({ id: 'Message' });

const meanings: Record<number, string> = {
  400: 'The request is not valid; the message names field, value and way out',
  401: 'The API key is missing, unknown or revoked',
  403: 'The service has no key and this request does not come from its own machine',
  404: 'The model, or the completion, does not exist; the message has the nearest names',
  409: 'The completion was canceled',
  413: 'The body has more than 32 MiB',
  414: 'The id is too long',
  415: 'The body is not JSON',
  422: 'The Idempotency-Key was used with another body',
  429: 'The key sent more requests than its limit allows',
  500: 'A fault of the service',
  502: 'Providers refused the key, or failed for good',
  503: 'Too few members answered (`quorum_not_reached`), or the database or the workflow engine is away (`unavailable`)',
  504: 'The deadline passed before there was an answer',
};

const completing = [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503, 504];
const reading = [400, 401, 403, 404, 409, 414, 429, 500, 502, 503, 504];
const counting = [400, 401, 403, 404, 413, 415, 429, 500, 503];

function errors(statuses: number[], schema: typeof openaiError | typeof anthropicError) {
  return statuses.map((status) => ApiResponse({ status, description: meanings[status] ?? 'Error', standardSchema: schema }));
}

const repetition = ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key and body give the same completion: a repetition is paid once', schema: { type: 'string', maxLength: 255 } });

/** Documents a route that begins a completion. */
export const DescribesCompletion = (vendor: 'openai' | 'anthropic') =>
  applyDecorators(
    repetition,
    ApiResponse({
      status: 200,
      description: 'The answer; with `stream: true` as server-sent events in the form of the vendor',
      // The schemas are declared by the routes that read a completion.
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${vendor === 'openai' ? 'ChatCompletion' : 'Message'}` } }, 'text/event-stream': {} },
    }),
    ...errors(completing, vendor === 'openai' ? openaiError : anthropicError),
  );

/** Documents a route that reads a completion. */
export const DescribesStoredCompletion = (vendor: 'openai' | 'anthropic') =>
  applyDecorators(
    ApiResponse({ status: 200, description: 'The answer; while it runs without choices, and `conclave.status` is `running`', standardSchema: vendor === 'openai' ? chatCompletionSchema : messageSchema }),
    ...errors(reading, vendor === 'openai' ? openaiError : anthropicError),
  );

/** Documents the route that counts tokens. */
export const DescribesTokenCount = () => applyDecorators(...errors(counting, anthropicError));
