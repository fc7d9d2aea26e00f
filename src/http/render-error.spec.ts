import { describe, expect, it } from '@jest/globals';
import type { ApiErrorFacts } from './api-error.js';
import { renderError } from './render-error.js';

const unknownModel: ApiErrorFacts = { status: 404, code: 'model_not_found', message: "The model 'gpt-9' is unknown.", param: 'model' };
const noQuorum: ApiErrorFacts = { status: 503, code: 'quorum_not_reached', message: 'Too few answers.', shouldRetry: false, completionId: 'chatcmpl-1' };
const limited: ApiErrorFacts = { status: 429, code: 'rate_limit_exceeded', message: 'Slow down.', retryAfterMs: 1_200 };

describe('renderError', () => {
  it("gives OpenAI's body all four fields its schema requires", () => {
    expect(renderError(unknownModel, 'openai', 'req_1')).toMatchObject({
      status: 404,
      body: { error: { message: "The model 'gpt-9' is unknown.", type: 'invalid_request_error', param: 'model', code: 'model_not_found' } },
    });
    expect(renderError({ status: 400, code: null, message: 'No.' }, 'openai', 'req_1').body).toEqual({
      error: { message: 'No.', type: 'invalid_request_error', param: null, code: null },
    });
  });

  it("gives Anthropic's body its type and the request id", () => {
    expect(renderError(unknownModel, 'anthropic', 'req_1').body).toEqual({
      type: 'error',
      error: { type: 'not_found_error', message: "The model 'gpt-9' is unknown.", code: 'model_not_found' },
      request_id: 'req_1',
    });
    expect(renderError({ status: 503, code: 'unavailable', message: 'Away.' }, 'anthropic', 'r').body).toMatchObject({ error: { type: 'overloaded_error' } });
  });

  it('is problem+json elsewhere', () => {
    const rendered = renderError(unknownModel, 'problem', 'req_1');
    expect(rendered.contentType).toContain('application/problem+json');
    expect(rendered.body).toEqual({ type: 'about:blank', title: 'Not Found', status: 404, detail: unknownModel.message, code: 'model_not_found', param: 'model', request_id: 'req_1' });
  });

  it('tells SDKs not to repeat a completion below quorum, and where to read it', () => {
    const rendered = renderError(noQuorum, 'openai', 'req_1');
    expect(rendered.headers).toEqual({ 'x-should-retry': 'false', 'x-conclave-completion-id': 'chatcmpl-1' });
    expect(rendered.body).toMatchObject({ error: { type: 'server_error' }, conclave: { completion_id: 'chatcmpl-1' } });
  });

  it('tells how long to wait, in both units', () => {
    expect(renderError(limited, 'openai', 'r').headers).toEqual({ 'retry-after-ms': '1200', 'retry-after': '2' });
    expect(renderError(limited, 'openai', 'r').body).toMatchObject({ error: { type: 'requests' } });
  });
});
