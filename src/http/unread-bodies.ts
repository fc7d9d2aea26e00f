import { finished } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** From this length on a refused body isn't worth its traffic: the connection is closed on it. */
const mostThrownAwayBytes = 1024 ** 3;

/**
 * A refusal (415, 413) goes out before its body has come in. Fastify closes the connection then, and a client that is still sending finds it broken (EPIPE) instead of the
 * answer; so the connection stays, and Node throws away what is still coming. Where the client itself wants it closed after the answer (`Connection: close`, HTTP/1.0), Node would do
 * so at once: there the answer waits until the body is in.
 */
export function keepUnreadConnections(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    const isLast = !reply.raw.shouldKeepAlive;
    if (request.raw.complete || Number(request.headers['content-length']) > mostThrownAwayBytes || !(isLast || reply.getHeader('connection') === 'close')) {
      done(null, payload);
      return;
    }
    if (!isLast) reply.removeHeader('connection');
    request.raw.resume();
    if (!isLast) {
      done(null, payload);
      return;
    }
    finished(request.raw, { writable: false }, () => { done(null, payload); });
  });
}
