import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleOperation } from './batches/batch-endpoints.js';
import { believableDelays, evenDelays, JobBook, type JobMatch, type JobView } from './batches/job-book.js';
import { operationOf } from './batches/operation.js';
import { control, controlCommand, jobMatchOf, matchOf, reset, type ControlCommand, type StartSettings } from './control-endpoints.js';
import { handleGenerate } from './generate-handler.js';
import { RecordedAnswers } from './recorded-answers.js';
import { sendError } from './request-effects.js';
import { RequestLog, type LoggedRequest } from './request-log.js';
import { RuleBook, type RequestMatch } from './rules.js';
import { countTokens } from './simulated-request.js';
import type { SimulatedState } from './simulated-state.js';
import { modelEntry, modelList } from './wire/model-lists.js';
import { routeOf } from './wire/route.js';

export interface SimulatedProviderOptions {
  /** 0 chooses a free one. */
  port: number;
  host?: string;
  /** Answers, mistakes and random faults derive from it; default 1. */
  seed?: number;
  /** Milliseconds to the first token of every model; default 0. */
  latencyMs?: number;
  /** Tokens per second; default 0: unlimited. */
  tokensPerSecond?: number;
  /** Milliseconds that batch jobs stay in each state at least; default 0, or some seconds where `believable` and no `latencyMs` is given. */
  jobDelayMs?: number;
  /** Latencies and speeds like those of real services, where not set otherwise. */
  believable?: boolean;
  /** Folder of recorded answers (`recorded-answers.ts` has the format). */
  replayDirectory?: string;
}

/** A running simulated provider. What `control`, `stats`, `requests`, `wait` and `reset` do is also done by HTTP endpoints of those names. */
export interface SimulatedProvider {
  url: string;
  port: number;
  control(command: ControlCommand): Record<string, unknown>;
  stats(): Record<string, unknown>;
  requests(options?: RequestMatch & { limit?: number }): LoggedRequest[];
  wait(wanted: { requests?: number; held?: number; answered?: number; match?: RequestMatch; timeoutMs?: number }): Promise<boolean>;
  /** Batch jobs, oldest first. */
  jobs(match?: JobMatch): JobView[];
  /** Waits until so many matching jobs exist. */
  waitForJobs(wanted: JobMatch & { count?: number; timeoutMs?: number }): Promise<boolean>;
  reset(): void;
  stop(): Promise<void>;
}

/**
 * Starts an HTTP server that stands in for model providers: OpenAI (chat and Responses), Anthropic and Gemini wire formats under any base path,
 * the path's first segment being the provider's name.
 */
export async function startSimulatedProvider(options: SimulatedProviderOptions): Promise<SimulatedProvider> {
  const host = options.host ?? '127.0.0.1';
  const start: StartSettings = {
    defaults: {
      ...(options.latencyMs !== undefined && { latencyMs: options.latencyMs }),
      ...(options.tokensPerSecond !== undefined && { tokensPerSecond: options.tokensPerSecond }),
    },
    replayDirectory: options.replayDirectory,
  };
  const seed = options.seed ?? 1;
  const state: SimulatedState = {
    seed,
    profiles: { defaults: { ...start.defaults }, models: {}, believable: options.believable ?? false },
    rules: new RuleBook(seed),
    log: new RequestLog(),
    recorded: RecordedAnswers.fromDirectory(options.replayDirectory),
    gates: new Set(),
    jobs: new JobBook(options.believable && options.latencyMs === undefined && options.jobDelayMs === undefined ? believableDelays : evenDelays(options.jobDelayMs ?? 0)),
  };
  // Longer than clients keep idle connections (ten minutes in Node): a request that crosses the server's closing would be lost.
  const server = createServer({ keepAliveTimeout: 620_000 }, (incoming, response) => {
    handle(state, start, incoming, response).catch((error: unknown) => {
      if (!response.headersSent) sendPlain(response, 500, { error: { message: error instanceof Error ? error.message : String(error), type: 'simulated_provider_bug' } });
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  // A TCP server's address is never a string or null once it listens.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    control: (command) => control(state, controlCommand.parse(command)),
    stats: () => statsOf(state),
    jobs: (match = {}) => state.jobs.list(match),
    waitForJobs: ({ count = 1, timeoutMs = 10_000, ...match }) => state.jobs.waitFor(count, match, timeoutMs),
    requests: ({ limit = 1000, ...match } = {}) => state.log.last(limit, match),
    wait: ({ match = {}, timeoutMs = 10_000, ...wanted }) => state.log.waitFor({ ...wanted, match, timeoutMs }),
    reset: () => {
      reset(state, start);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          void state.jobs.clear().then(resolve);
        });
        server.closeAllConnections();
      }),
  };
}

async function handle(state: SimulatedState, start: StartSettings, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?');
  if (path.lastIndexOf('/') === 0) {
    await handleControl({ state, start, path, query: new URLSearchParams(query), incoming, response });
    return;
  }
  const operation = operationOf(incoming.method ?? '', path);
  if (operation) {
    await handleOperation(state, operation, incoming, response);
    return;
  }
  const route = routeOf(path, incoming.headers['anthropic-version'] !== undefined);
  if (route?.kind === 'models' && incoming.method === 'GET') {
    sendPlain(response, 200, route.id === null ? modelList(route.provider, route.shape) : modelEntry(route.provider, route.id, route.shape));
    return;
  }
  if (route === null || route.kind === 'models' || incoming.method !== 'POST') {
    sendPlain(response, 404, { error: { message: `Unknown request URL: ${incoming.method ?? ''} ${path}.`, type: 'invalid_request_error', param: null, code: 'unknown_url' } });
    return;
  }
  const rawBody = await readBody(incoming);
  if (route.kind === 'generate') {
    await handleGenerate(state, route, incoming, response, rawBody);
    return;
  }
  try {
    const count = countTokens(rawBody);
    JSON.parse(rawBody);
    sendPlain(response, 200, route.pathModel === null ? { input_tokens: count } : { totalTokens: count });
  } catch {
    sendError(response, route.format, { status: 400, kind: 'plain', message: 'We could not parse the JSON body of your request.', retryAfterSeconds: null });
  }
}

async function handleControl(input: {
  state: SimulatedState;
  start: StartSettings;
  path: string;
  query: URLSearchParams;
  incoming: IncomingMessage;
  response: ServerResponse;
}): Promise<void> {
  const { state, query, incoming, response } = input;
  const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
  switch (`${incoming.method ?? ''} ${input.path}`) {
    case 'GET /':
    case 'GET /health':
      sendPlain(response, 200, { status: 'ok', simulated: true });
      return;
    case 'GET /stats':
      sendPlain(response, 200, statsOf(state));
      return;
    case 'GET /jobs':
      sendPlain(response, 200, { jobs: state.jobs.list(jobMatchOf(query)) });
      return;
    case 'GET /wait-jobs': {
      const reached = await state.jobs.waitFor(number('count') ?? 1, jobMatchOf(query), number('timeout') ?? 10_000);
      sendPlain(response, reached ? 200 : 408, { reached });
      return;
    }
    case 'GET /requests':
      sendPlain(response, 200, { requests: state.log.last(number('limit') ?? 100, matchOf(query)) });
      return;
    case 'GET /wait': {
      const [requests, held, answered] = [number('requests'), number('held'), number('answered')];
      const wanted = { ...(requests !== undefined && { requests }), ...(held !== undefined && { held }), ...(answered !== undefined && { answered }) };
      const reached = await state.log.waitFor({ ...wanted, match: matchOf(query), timeoutMs: number('timeout') ?? 10_000 });
      sendPlain(response, reached ? 200 : 408, { reached });
      return;
    }
    case 'GET /control':
      sendPlain(response, 200, control(state, {}));
      return;
    case 'POST /control': {
      const parsed = controlCommand.safeParse(parseJson(await readBody(incoming)));
      sendPlain(response, parsed.success ? 200 : 400, parsed.success ? control(state, parsed.data) : { error: { message: parsed.error.message } });
      return;
    }
    case 'POST /reset':
      reset(state, input.start);
      sendPlain(response, 200, { reset: true });
      return;
    default:
      sendPlain(response, 404, { error: { message: `Unknown request URL: ${incoming.method ?? ''} ${input.path}.`, type: 'invalid_request_error', param: null, code: 'unknown_url' } });
  }
}

/** Figures of realtime requests, and under `batches` those of batch jobs by provider. */
function statsOf(state: SimulatedState): Record<string, unknown> {
  return { ...state.log.stats(), batches: state.jobs.figures() };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    incoming.on('error', reject);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function sendPlain(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
