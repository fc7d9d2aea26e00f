import type { Params } from 'nestjs-pino';

interface LoggedRequest {
  id?: unknown;
  method?: unknown;
  url?: unknown;
}

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
