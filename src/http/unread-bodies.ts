import type { FastifyInstance } from 'fastify';

/** From this length on a refused body isn't worth its traffic: the connection is closed on it. */
const mostThrownAwayBytes = 1024 ** 3;

/**
 * A refusal (415, 413) goes out before its body has come in. Fastify closes the connection then, and a client that is still sending finds it broken (EPIPE) instead of the
 * answer; so the connection stays, and Node throws away what is still coming.
 */
export function keepUnreadConnections(server: FastifyInstance): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    if (!request.raw.complete && reply.getHeader('connection') === 'close' && !(Number(request.headers['content-length']) > mostThrownAwayBytes)) {
      reply.removeHeader('connection');
      request.raw.resume();
    }
    done(null, payload);
  });
}
