import { describe, expect, it } from '@jest/globals';
import { HttpException, NotFoundException } from '@nestjs/common';
import { ServiceError } from '@temporalio/client';
import { ApiError } from './api-error.js';
import { describeError } from './describe-error.js';
import { ValidationFailure } from './validation-failure.js';

const request = { method: 'POST', path: '/v1/x', contentType: 'text/plain', body: { a: 1 }, query: {} };
const told = (error: unknown) => describeError(error, request).facts;
const fastify = (code: string, status: number) => new HttpException('whatever', status, { cause: Object.assign(new Error('whatever'), { code }) });

describe('describeError', () => {
  it('tells our own errors as they are', () => {
    const facts = { status: 404, code: 'model_not_found', message: 'Unknown.', param: 'model' };
    expect(told(new ApiError(facts))).toEqual(facts);
  });

  it('words validation by the body at hand', () => {
    expect(told(new ValidationFailure([{ message: 'Invalid input: expected string, received number', path: ['a'] }]))).toMatchObject({ status: 400, param: 'a', message: "'a' is 1: expected string, received number." });
  });

  it.each([
    [fastify('FST_ERR_CTP_BODY_TOO_LARGE', 413), 413, '32 MiB'],
    [fastify('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415), 415, "'text/plain'"],
    [fastify('FST_ERR_CTP_EMPTY_JSON_BODY', 400), 400, 'empty'],
    [fastify('FST_ERR_CTP_INVALID_JSON_BODY', 400), 400, 'not valid JSON'],
    [new HttpException('Unexpected token', 400, { cause: new SyntaxError('Unexpected token') }), 400, 'not valid JSON'],
    [new NotFoundException('Cannot POST /v1/x'), 404, 'POST /v1/x is not an endpoint'],
    [new HttpException('Teapot', 418), 418, 'Teapot'],
  ])('%s', (error, status, part) => {
    expect(told(error).status).toBe(status);
    expect(told(error).message).toContain(part);
  });

  it('leads who sends a file of items as a body to the form', () => {
    for (const code of ['FST_ERR_CTP_BODY_TOO_LARGE', 'FST_ERR_CTP_INVALID_MEDIA_TYPE'])
      expect(describeError(fastify(code, 400), { ...request, path: '/api/batches' }).facts.message).toContain("the JSON lines in the field 'file'");
  });

  it.each([[Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })], [Object.assign(new Error('terminating'), { code: '57P01' })], [new ServiceError('Failed to start Workflow')]])('asks to try again while an engine is away: %s', (error) => {
    expect(told(error)).toMatchObject({ status: 503, code: 'unavailable', shouldRetry: true });
  });

  it('keeps what nobody foresaw to itself', () => {
    const { expected, facts } = describeError(new Error('secret at line 3'), request);
    expect(expected).toBe(false);
    expect(facts.status).toBe(500);
    expect(facts.message).not.toContain('secret');
  });
});
