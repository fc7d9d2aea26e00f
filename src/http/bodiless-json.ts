import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Requests that ask for a deed and need no body; the official clients send `Content-Type: application/json` with them all the same. */
function needsNoBody({ method, url }: FastifyRequest): boolean {
  return method === 'DELETE' || /\/(cancel|pause|resume|retry|repair|revalidate)\/?(\?|$)/.test(url);
}

/** Reads JSON as Fastify does, but takes an empty body where none is needed. */
export function takeEmptyBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '' && needsNoBody(request)) done(null, undefined);
    // Fastify's own parser answers through `done`.
    else void parse(request, body as string, done);
  });
}
