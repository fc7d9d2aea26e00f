import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describeError } from './describe-error.js';
import { errorShapeOf } from './error-shape.js';
import { renderError, type RenderedError } from './render-error.js';
import { pathOf } from './request-ids.js';

const logger = new Logger('Errors');

/** Turns everything that is thrown while a request is served into the error body of its endpoint; unexpected errors are logged with their cause. */
@Catch()
export class ApiErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

/** Sends the error, unless an answer is on its way already. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const rendered = errorFor(error, request);
  if (reply.sent || reply.raw.headersSent) return;
  reply.status(rendered.status).headers(rendered.headers).header('content-type', rendered.contentType).send(JSON.stringify(rendered.body));
}

/** The error as it goes out for this request. Logs what nobody expected. */
export function errorFor(error: unknown, request: FastifyRequest): RenderedError {
  const path = pathOf(request.url);
  const { expected, facts } = describeError(error, { method: request.method, path, contentType: request.headers['content-type'], body: request.body, query: request.query });
  if (!expected) logger.error({ msg: 'A request failed for a reason nobody foresaw.', err: error, requestId: request.id, path });
  return renderError(facts, errorShapeOf(path, 'anthropic-version' in request.headers), request.id);
}
