import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

/** RFC 9457 body of errors under `/api`; the document has it as the component `Problem`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().nullish(),
  param: z.string().nullish(),
  request_id: z.string(),
  conclave: z.record(z.string(), z.unknown()).optional().describe('The completion it is about'),
});

const meanings: Record<number, string> = {
  400: 'A parameter or the address is not valid; `param` names it',
  401: 'The API key is missing, unknown or revoked',
  403: 'The service has no key and this request does not come from its own machine',
  404: 'There is no such thing, or it belongs to another caller',
  414: 'A part of the address is too long',
  429: 'The key sent more requests than its limit allows',
  500: 'A fault of the service',
  503: 'The database or the workflow engine is away',
};

/** Declares the errors of a route under `/api` for the OpenAPI document: those which every one of them may give, and `statuses`. */
export const ApiProblems = (...statuses: number[]) =>
  applyDecorators(
    ...[...new Set([400, 401, 403, 500, 503, ...statuses])].map((status) => ApiResponse({ status, description: meanings[status] ?? 'Error', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } })),
  );
