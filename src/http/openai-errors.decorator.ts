import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';

const meanings: Record<number, string> = {
  400: 'The request is not valid; the message names field, value and way out',
  401: 'The API key is missing, unknown or revoked',
  403: 'The service has no key and this request does not come from its own machine',
  404: 'There is no such thing, or it belongs to another caller',
  409: 'It is in use, or has ended',
  413: 'The body is too large',
  414: 'A part of the address is too long',
  415: 'The body is not of a type this endpoint takes',
  422: 'The Idempotency-Key was used with another body',
  429: 'The key sent more requests than its limit allows',
  500: 'A fault of the service',
  503: 'The database or the workflow engine is away',
};

/** Declares the errors of a route in OpenAI's shape for the OpenAPI document: those which every one of them may give, and `statuses`. */
export const OpenAiErrors = (...statuses: number[]) =>
  applyDecorators(
    // The schema is declared by the routes of completions.
    ...[...new Set([400, 401, 403, 429, 500, 503, ...statuses])].map((status) => ApiResponse({ status, description: meanings[status] ?? 'Error', content: { 'application/json': { schema: { $ref: '#/components/schemas/OpenAiError' } } } })),
  );
