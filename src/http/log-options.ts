import type { Params } from 'nestjs-pino';
import { errorForLog } from '../config/error-for-log.js';

// Nest tells every module and route at each start.
const chatty = new Set(['InstanceLoader', 'NestFactory', 'NestApplication', 'RouterExplorer', 'RoutesResolver']);

/** How the api logs: JSON lines, or for a person's terminal readable ones. Requests are logged by `addRequestLog`, in one line and without middleware. */
export function logOptions(level: string, pretty: boolean): Params {
  return {
    forRoutes: [],
    pinoHttp: {
      level,
      base: null,
      autoLogging: false,
      // Unwrapped: pino's own serializer would have copied everything that hangs on the error.
      wrapSerializers: false,
      serializers: { err: errorForLog },
      ...(pretty ? { transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname' } } } : {}),
      hooks: {
        logMethod(entry, method, level) {
          const first: unknown = entry[0];
          if (level <= 30 && typeof first === 'object' && first !== null && 'context' in first && typeof first.context === 'string' && chatty.has(first.context)) return;
          method.apply(this, entry);
        },
      },
    },
  };
}
