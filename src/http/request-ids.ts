import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorShapeOf } from './error-shape.js';

/** A new id for a request, such as `req_5f0c…`: in the response's headers, in errors and in the log. */
export function createRequestId(): string {
  return `req_${randomBytes(12).toString('hex')}`;
}

const clientRequestId = /^[\x20-\x7e]{1,512}$/;

/** Gives every response `x-request-id`, those in Anthropic's shape `request-id` as well, and repeats the client's own `X-Client-Request-Id`. */
export function addRequestIds(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    sendRequestIds(request, reply);
    done();
  });
}

/** The same for a response to which no hook applies. */
export function sendRequestIds(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id);
  if (errorShapeOf(pathOf(request.url), 'anthropic-version' in request.headers) === 'anthropic') reply.header('request-id', request.id);
  const client = request.headers['x-client-request-id'];
  if (typeof client === 'string' && clientRequestId.test(client)) reply.header('x-client-request-id', client);
}

/** The path of a request's URL, without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
