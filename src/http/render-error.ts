import { STATUS_CODES } from 'node:http';
import type { ApiErrorFacts } from './api-error.js';
import type { ErrorShape } from './error-shape.js';

/** An error as it goes out. */
export interface RenderedError {
  status: number;
  contentType: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** The error in the endpoint's shape, with the headers by which the official SDKs decide whether to try again. */
export function renderError(facts: ApiErrorFacts, shape: ErrorShape, requestId: string): RenderedError {
  return {
    status: facts.status,
    contentType: shape === 'problem' ? 'application/problem+json; charset=utf-8' : 'application/json; charset=utf-8',
    headers: errorHeaders(facts),
    body: errorBody(facts, shape, requestId),
  };
}

/** The body alone: also the last chunk of a stream that fails, and of a response whose status was sent early. */
export function errorBody(facts: ApiErrorFacts, shape: ErrorShape, requestId: string): Record<string, unknown> {
  const conclave = conclaveFacts(facts);
  switch (shape) {
    case 'openai':
      return { error: { message: facts.message, type: openaiType(facts), param: facts.param ?? null, code: facts.code }, ...conclave };
    case 'anthropic':
      return { type: 'error', error: { type: anthropicType(facts), message: withParam(facts), ...(facts.code === null ? {} : { code: facts.code }) }, request_id: requestId, ...conclave };
    case 'problem':
      return {
        type: 'about:blank',
        title: STATUS_CODES[facts.status] ?? 'Error',
        status: facts.status,
        detail: facts.message,
        ...(facts.code === null ? {} : { code: facts.code }),
        ...(facts.param === undefined ? {} : { param: facts.param }),
        request_id: requestId,
        ...conclave,
      };
  }
}

/** Wire name of the error's kind in OpenAI's shape. */
export function openaiType(facts: ApiErrorFacts): string {
  if (facts.code === 'insufficient_quota') return 'insufficient_quota';
  if (facts.code?.startsWith('upstream_')) return 'upstream_error';
  if (facts.status === 429) return 'requests';
  return facts.status >= 500 ? 'server_error' : 'invalid_request_error';
}

const anthropicTypes: Record<number, string> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** Wire name of the error's kind in Anthropic's shape. */
export function anthropicType(facts: ApiErrorFacts): string {
  const known = anthropicTypes[facts.status];
  if (known !== undefined) return known;
  if (facts.code === 'unavailable') return 'overloaded_error';
  return facts.status >= 500 ? 'api_error' : 'invalid_request_error';
}

function errorHeaders(facts: ApiErrorFacts): Record<string, string> {
  return {
    ...facts.headers,
    ...(facts.shouldRetry === undefined ? {} : { 'x-should-retry': String(facts.shouldRetry) }),
    ...(facts.retryAfterMs === undefined
      ? {}
      : { 'retry-after-ms': String(Math.ceil(facts.retryAfterMs)), 'retry-after': String(Math.max(1, Math.ceil(facts.retryAfterMs / 1000))) }),
    ...(facts.completionId === undefined ? {} : { 'x-conclave-completion-id': facts.completionId }),
  };
}

function conclaveFacts(facts: ApiErrorFacts): { conclave?: Record<string, unknown> } {
  if (facts.completionId === undefined && facts.details === undefined) return {};
  return { conclave: { ...(facts.completionId === undefined ? {} : { completion_id: facts.completionId }), ...facts.details } };
}

// Anthropic's shape has no field for it; its own messages begin with the path, too.
function withParam(facts: ApiErrorFacts): string {
  return facts.param === undefined || facts.message.includes(facts.param) ? facts.message : `${facts.param}: ${facts.message}`;
}
