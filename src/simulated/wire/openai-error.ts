import type { WireTrouble } from './wire-format.js';

const kinds: Record<number, [type: string, code: string | null]> = {
  400: ['invalid_request_error', null],
  401: ['invalid_request_error', 'invalid_api_key'],
  403: ['invalid_request_error', 'model_not_available'],
  404: ['invalid_request_error', 'model_not_found'],
  429: ['requests', 'rate_limit_exceeded'],
};

/** OpenAI's error body, for both of its endpoints. */
export function openaiError({ status, kind, message }: WireTrouble): unknown {
  if (kind === 'context_length') {
    return { error: { message: "This model's maximum context length is 128000 tokens. However, your messages resulted in 250000 tokens.", type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' } };
  }
  if (kind === 'quota') {
    return { error: { message: 'You exceeded your current quota, please check your plan and billing details.', type: 'insufficient_quota', param: null, code: 'insufficient_quota' } };
  }
  const [type, code] = kinds[status] ?? ['server_error', null];
  return { error: { message, type, param: null, code } };
}
