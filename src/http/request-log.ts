import type { FastifyInstance } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { callerOf } from '../keys/caller.js';
import { pathOf } from './request-ids.js';

/** One line per request once its response has ended: who, what, status, milliseconds. No headers (keys), no query, no body (prompts); probes are left out. */
export function addRequestLog(server: FastifyInstance): void {
  server.addHook('onResponse', (request, reply, done) => {
    const path = pathOf(request.url);
    if (!path.startsWith('/health')) {
      const completion = reply.getHeader('x-conclave-completion-id');
      const status = reply.raw.statusCode;
      PinoLogger.root[status >= 500 ? 'warn' : 'info'](
        { requestId: request.id, method: request.method, path, status, ms: Math.round(reply.elapsedTime), caller: callerOf(request), ...(completion === undefined ? {} : { completion }) },
        'request',
      );
    }
    done();
  });
}
