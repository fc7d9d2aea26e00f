import { APICallError, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import { describe, expect, it } from '@jest/globals';
import { failureCodes } from '../../domain/failures/failure-code.js';
import { toProviderFailure } from './to-provider-failure.js';
import { UnsupportedContent } from './unsupported-content.js';

const context = { provider: 'openai', model: 'gpt-4o-mini', secrets: ['topsecret'], texts: [], now: Date.UTC(2026, 10, 21, 12) };
const openAi = (message: string, code: string | null = null, type = 'invalid_request_error') => ({ error: { message, type, param: null, code } });
const claude = (type: string, message: string) => ({ type: 'error', error: { type, message } });
const google = (code: number, status: string, message: string) => ({ error: { code, status, message } });

function refused(statusCode: number, body: unknown, responseHeaders: Record<string, string> = {}) {
  return toProviderFailure(new APICallError({ message: 'm', url: 'https://x', requestBodyValues: {}, statusCode, responseHeaders, responseBody: typeof body === 'string' ? body : JSON.stringify(body) }), context);
}

describe('toProviderFailure', () => {
  it.each([
    [429, openAi('Rate limit reached for gpt-4o-mini in organization org-1 on tokens per min (TPM)', 'rate_limit_exceeded', 'tokens'), 'rate_limit'],
    [429, openAi('You exceeded your current quota, please check your plan and billing details.', 'insufficient_quota', 'insufficient_quota'), 'billing'],
    [429, google(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'), 'rate_limit'],
    [400, claude('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'), 'billing'],
    [402, { error: { message: 'Insufficient credits', code: 402 } }, 'billing'],
    [401, openAi('Incorrect API key provided', 'invalid_api_key'), 'auth'],
    [403, claude('permission_error', 'Your API key does not have permission to use the specified resource.'), 'auth'],
    [400, google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'), 'auth'],
    [404, openAi('The model `gpt-9` does not exist or you do not have access to it.', 'model_not_found'), 'not_found'],
    [404, claude('not_found_error', 'model: claude-9'), 'not_found'],
    [400, { error: { message: 'nope/x is not a valid model ID', code: 400 } }, 'not_found'],
    [400, openAi("This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.", 'context_length_exceeded'), 'context_length'],
    [400, claude('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'), 'context_length'],
    [400, google(400, 'INVALID_ARGUMENT', 'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).'), 'context_length'],
    [413, claude('request_too_large', 'Request exceeds the maximum allowed number of bytes.'), 'context_length'],
    [400, openAi("Unsupported parameter: 'temperature' is not supported with this model.", 'unsupported_parameter'), 'unsupported_parameter'],
    [400, openAi("Unsupported value: 'minimal' is not supported with this model.", 'unsupported_value'), 'unsupported_parameter'],
    [400, claude('invalid_request_error', 'top_k: Extra inputs are not permitted'), 'unsupported_parameter'],
    [400, openAi('The response was filtered due to the prompt triggering content management policy.', 'content_filter'), 'content_filter'],
    [400, openAi("Invalid type for 'messages'", 'invalid_type'), 'bad_request'],
    [422, { detail: 'body invalid' }, 'bad_request'],
    [408, '', 'timeout'],
    [504, google(504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'), 'timeout'],
    [503, google(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'), 'overloaded'],
    [529, claude('overloaded_error', 'Overloaded'), 'overloaded'],
    [500, openAi('The server had an error', null, 'server_error'), 'server_error'],
    [502, '<html><body>Bad Gateway</body></html>', 'server_error'],
    [200, { error: { message: 'Provider returned error', code: 429 } }, 'rate_limit'],
    [200, '', 'server_error'],
  ])('%i %j is %s', (status, body, code) => {
    const failure = refused(status, body);
    expect(failure.code).toBe(code);
    expect(failureCodes).toContain(failure.code);
    expect(failure.message).toContain("Model 'gpt-4o-mini' of 'openai'");
  });

  it('keeps how long to wait, in each of its forms', () => {
    expect(refused(429, {}, { 'retry-after': '7' }).retryAfterMs).toBe(7_000);
    expect(refused(429, {}, { 'retry-after-ms': '250', 'retry-after': '7' }).retryAfterMs).toBe(250);
    expect(refused(503, {}, { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }).retryAfterMs).toBe(30_000);
    expect(refused(503, {}, { 'retry-after': 'Sat, 21 Nov 2026 11:00:00 GMT' }).retryAfterMs).toBe(0);
    expect(refused(429, {}, { 'retry-after': 'soon' }).retryAfterMs).toBeUndefined();
  });

  it('says what happened, to which model, with which status and what to do', () => {
    expect(refused(404, openAi('The model `gpt-9` does not exist.', 'model_not_found')).message).toBe(
      "Model 'gpt-4o-mini' of 'openai': it said \"The model `gpt-9` does not exist\" (HTTP 404). Check the model's id and whether the key may use it.",
    );
    expect(refused(401, openAi('Key topsecret is wrong')).message).not.toContain('topsecret');
  });

  it('names what can not be sent', () => {
    expect(toProviderFailure(new UnsupportedFunctionalityError({ functionality: 'media type: audio/wav' }), context)).toMatchObject({ code: 'unsupported_parameter', message: expect.stringContaining('audio/wav') });
    expect(toProviderFailure(new UnsupportedContent('image by address'), context)).toMatchObject({ code: 'unsupported_parameter' });
  });

  it('takes anything thrown', () => {
    for (const thrown of [null, 'text', 7, { error: { type: 'overloaded_error', message: 'x' } }, new Error('x'), new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })])])
      expect(toProviderFailure(thrown, context)).toMatchObject({ name: 'ProviderFailure', provider: 'openai', model: 'gpt-4o-mini' });
  });
});
