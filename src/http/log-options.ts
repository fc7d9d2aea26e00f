import type { Params } from 'nestjs-pino';

interface LoggedRequest {
  id?: unknown;
  method?: unknown;
  url?: unknown;
}

// Nest tells every module and route at each start.
const chatty = new Set(['InstanceLoader', 'NestFactory', 'NestApplication', 'RouterExplorer', 'RoutesResolver']);

/**
 * One line per request: id, method, path, status, milliseconds. No headers (keys), no query, no body (prompts). `pretty` is for a
 * person's terminal.
 */
export function logOptions(level: string, pretty: boolean): Params {
  return {
    pinoHttp: {
      level,
      base: null,
      ...(pretty ? { transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname' } } } : {}),
      hooks: {
        logMethod(entry, method, level) {
          const first: unknown = entry[0];
          if (level <= 30 && typeof first === 'object' && first !== null && 'context' in first && typeof first.context === 'string' && chatty.has(first.context)) return;
          method.apply(this, entry);
        },
      },
      quietReqLogger: true,
      autoLogging: { ignore: (request) => request.url?.startsWith('/health') ?? false },
      customLogLevel: (_request, response, error) => (error ?? response.statusCode >= 500 ? 'error' : response.statusCode >= 400 ? 'warn' : 'info'),
      serializers: {
        req: ({ id, method, url }: LoggedRequest) => ({ id, method, path: typeof url === 'string' ? url.split('?', 1)[0] : undefined }),
        res: ({ statusCode }: { statusCode?: unknown }) => ({ status: statusCode }),
      },
    },
  };
}
