import { types } from 'node:util';
import { APICallError, InvalidArgumentError, InvalidPromptError, InvalidResponseDataError, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import type { FailureCode } from '../../domain/failures/failure-code.js';
import { codeOfRefusal, whatToDo } from './failure-table.js';
import { ProviderFailure } from './provider-failure.js';
import { readErrorBody, type ErrorBody } from './read-error-body.js';
import { redactMessage } from './redact-message.js';
import { retryAfterMs } from './retry-after.js';
import { UnsupportedContent } from './unsupported-content.js';

/** Who was called, and what must not appear in a message. */
export interface FailureContext {
  provider: string;
  /** Empty: it is about no single model. */
  model: string;
  secrets: readonly string[];
  /** The conversation's texts. */
  texts: readonly string[];
  /** Milliseconds since the epoch, for HTTP dates. */
  now: number;
}

/** Any error of a call as the one class that leaves this room. Its message names provider, model, status and what to do; never a key or a prompt. */
export function toProviderFailure(error: unknown, context: FailureContext): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  if (error instanceof UnsupportedContent) return failure('unsupported_parameter', `it can't take ${error.message}`, context, { cause: error });
  if (UnsupportedFunctionalityError.isInstance(error)) return failure('unsupported_parameter', `it can't take ${error.functionality}`, context, { cause: error });
  const unreachable = networkCode(error);
  if (unreachable !== null) return failure(unreachable === 'UND_ERR_CONNECT_TIMEOUT' ? 'timeout' : 'network', networkMessage(unreachable), context, { cause: error });
  if (APICallError.isInstance(error)) return fromApiCall(error, context);
  if (types.isNativeError(error) && error.message.startsWith('AWS credential provider failed')) return failure('auth', `no AWS credentials were found: ${redact(error.message.slice(0, error.message.indexOf('. Please ensure')), context)}`, context, { cause: error });
  if (InvalidArgumentError.isInstance(error) || InvalidPromptError.isInstance(error)) return failure('bad_request', `the request can't be expressed for it: ${redact(error.message, context)}`, context, { cause: error });
  return fromStream(error, context);
}

/** A failure that we find out ourselves. */
export function failure(code: FailureCode, what: string, context: FailureContext, more: { httpStatus?: number; retryAfterMs?: number; cause?: unknown } = {}): ProviderFailure {
  const status = more.httpStatus === undefined ? '' : ` (HTTP ${String(more.httpStatus)})`;
  const who = context.model === '' ? `Provider '${context.provider}'` : `Model '${context.model}' of '${context.provider}'`;
  return new ProviderFailure({ code, provider: context.provider, model: context.model, message: `${who}: ${what}${status}. ${whatToDo[code]}`, ...more });
}

function fromApiCall(error: APICallError, context: FailureContext): ProviderFailure {
  const body = readErrorBody(error.responseBody);
  const status = error.statusCode;
  if (status === undefined) return failure('network', 'it could not be reached', context, { cause: error });
  // A gateway may say 200 and put the error into the body; its code then is the status.
  const told = status < 400 ? statusInBody(body) : status;
  if (told === null && body.code !== 'content_filter') return failure('server_error', 'its answer could not be read: empty, cut or not the JSON of a completion', context, { httpStatus: status, cause: error });
  return refused(told ?? 400, body, context, { cause: error, retryAfterMs: retryAfterMs(error.responseHeaders, context.now) });
}

// In the middle of a stream the SDK hands over what the provider sent as an error event, or its own complaint about a chunk.
function fromStream(error: unknown, context: FailureContext): ProviderFailure {
  if (InvalidResponseDataError.isInstance(error) && error.message.includes('without a finish reason'))
    return failure('network', 'its stream ended before the answer was complete', context, { cause: error });
  if (types.isNativeError(error)) return failure('server_error', `its answer could not be read: ${redact(error.message, context)}`, context, { cause: error });
  const body = readErrorBody(error);
  return refused(statusInBody(body) ?? 500, body, context, { cause: error });
}

function refused(status: number, body: ErrorBody, context: FailureContext, more: { cause: unknown; retryAfterMs?: number }): ProviderFailure {
  const code = codeOfRefusal({ status, code: body.code.toLowerCase(), type: body.type.toLowerCase(), message: body.message.toLowerCase() });
  const said = redact([body.param === '' ? '' : `parameter '${body.param}': `, body.message].join(''), context).replace(/\.$/, '');
  return failure(code, said === '' ? 'it refused the call' : `it said "${said}"`, context, { httpStatus: status, ...more });
}

const statusByName: Record<string, number> = {
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  tokens: 429,
  overloaded_error: 529,
  overloaded: 529,
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  billing_error: 402,
  insufficient_quota: 429,
  timeout_error: 504,
  api_error: 500,
  server_error: 500,
  content_filter: 400,
};

function statusInBody(body: ErrorBody): number | null {
  const number = Number(body.code);
  if (Number.isInteger(number) && number >= 400 && number < 600) return number;
  return statusByName[body.type.toLowerCase().split(' ')[0] ?? ''] ?? statusByName[body.code.toLowerCase()] ?? (body.message === '' ? null : 500);
}

function redact(message: string, context: FailureContext): string {
  return redactMessage(message, context.secrets, context.texts);
}

const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ETIMEDOUT', 'EPROTO', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']);

// The code at the bottom of an error's causes, where the network is what failed; null: it is not.
function networkCode(error: unknown): string | null {
  for (let current = error, depth = 0; types.isNativeError(current) && depth < 8; current = current.cause, depth += 1) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : '';
    if (networkCodes.has(code) || code.startsWith('UND_ERR_') || code.startsWith('HPE_')) return code;
    if ('errors' in current && Array.isArray(current.errors) && current.errors.length > 0) return networkCode(current.errors[0]);
    if (current.name === 'TypeError' && ['terminated', 'fetch failed'].includes(current.message) && current.cause === undefined) return 'UND_ERR_SOCKET';
  }
  return null;
}

function networkMessage(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens at its address (ECONNREFUSED)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `its host name is not known (${code})`;
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'connecting took too long';
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
      return `the connection broke before the answer was complete (${code})`;
    default:
      return `it could not be reached (${code})`;
  }
}
