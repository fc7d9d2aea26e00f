import { HttpException } from '@nestjs/common';
import { isDatabaseAway } from '../database/until-database-answers.js';
import { isTemporalAway } from '../temporal/is-engine-away.js';
import { ApiError, unavailable, type ApiErrorFacts } from './api-error.js';
import { describeIssues } from './describe-issues.js';
import { ValidationFailure } from './validation-failure.js';

/** What of a request an error message may name. */
export interface RequestFacts {
  method: string;
  /** Without query. */
  path: string;
  contentType: string | undefined;
  body: unknown;
  query: unknown;
}

/** Most bytes of a request's body: images travel inside. */
export const bodyLimitBytes = 32 * 1024 * 1024;

const invalidJson = "The body is not valid JSON. Check quotes, commas and the encoding (UTF-8); no field may be called '__proto__'.";

/** What the client is told about `error`; `expected` is false for a fault of ours, whose cause belongs into the log and not into the response. */
export function describeError(error: unknown, request: RequestFacts): { expected: boolean; facts: ApiErrorFacts } {
  if (error instanceof ApiError) return expected(error.facts);
  if (error instanceof ValidationFailure) return expected(describeIssues(error.issues, issuesOf(request)));
  if (isDatabaseAway(error)) return expected(unavailable('The database is away. Try again in a moment.', { retryAfterMs: 1_000 }).facts);
  if (isTemporalAway(error)) return expected(unavailable('The workflow engine is away. Try again in a moment.', { retryAfterMs: 1_000 }).facts);
  const code = fastifyCode(error) ?? (error instanceof HttpException ? fastifyCode(error.cause) : undefined);
  const known = code === undefined ? undefined : fromFastify(code, request);
  if (known) return expected(known);
  if (error instanceof HttpException) return expected(fromHttpException(error, request));
  return { expected: false, facts: { status: 500, code: 'internal', message: 'Something went wrong inside the service. Its log has the cause under the request id.' } };
}

function expected(facts: ApiErrorFacts): { expected: boolean; facts: ApiErrorFacts } {
  return { expected: true, facts };
}

function issuesOf(request: RequestFacts): unknown {
  return request.body === undefined ? request.query : request.body;
}

function fastifyCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && error.code.startsWith('FST_') ? error.code : undefined;
}

function fromFastify(code: string, request: RequestFacts): ApiErrorFacts | undefined {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, code: 'request_too_large', message: `The body has more than ${String(bodyLimitBytes / 1024 / 1024)} MiB. ${takesItems(request) ? asForm : 'Send smaller images, or fewer.'}` };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { status: 415, code: 'unsupported_media_type', message: `Content-Type is '${(request.contentType ?? '').slice(0, 100)}'. Send JSON with Content-Type: application/json.${takesItems(request) ? ` ${asForm}` : ''}` };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return { status: 400, code: 'invalid_json', message: 'The body is empty. Send a JSON object.' };
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return { status: 400, code: 'invalid_json', message: invalidJson };
    case 'FST_ERR_BAD_URL':
      return { status: 400, code: 'invalid_url', message: 'The address is not a valid URL: a % must be followed by two hexadecimal digits.' };
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return { status: 414, code: 'invalid_url', message: 'A part of the address is too long.' };
    default:
      return undefined;
  }
}

const asForm = "Items of a file: send a form (multipart/form-data) with the JSON lines in the field 'file', up to 200 MB, and everything else as JSON in 'options'.";

function takesItems({ path }: RequestFacts): boolean {
  return /^\/api\/batches(\/estimate)?\/?$/.test(path);
}

function fromHttpException(error: HttpException, request: RequestFacts): ApiErrorFacts {
  const status = error.getStatus();
  if (status === 404 && error.message.startsWith('Cannot ')) {
    return { status, code: 'unknown_url', message: `${request.method} ${request.path.slice(0, 200)} is not an endpoint. /docs lists them.` };
  }
  if (status === 400 && error.cause instanceof SyntaxError) return { status, code: 'invalid_json', message: invalidJson };
  return { status, code: null, message: error.message };
}
