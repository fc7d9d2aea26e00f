import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived; `body` is parsed JSON, empty where it was none; `text` is what was sent. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  text: string;
}

/** A provider of a spec: it shows what went out and answers what it is told. */
export interface ProviderServer {
  url: string;
  requests: SeenRequest[];
  /** How it answers from now on. */
  respond(handler: (response: ServerResponse, request: SeenRequest) => void): void;
  stop(): Promise<void>;
}

/** An answer in `test/fixtures/providers`: a JSON body, or the events of a stream. */
interface Fixture {
  provenance: string;
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  events?: { event?: string; data: unknown }[];
}

export async function startProviderServer(): Promise<ProviderServer> {
  const requests: SeenRequest[] = [];
  let respond: (response: ServerResponse, request: SeenRequest) => void = (response) => response.writeHead(500).end('{"error":{"message":"the spec told no answer"}}');
  const server = createServer((incoming, response) => {
    void read(incoming).then((request) => {
      requests.push(request);
      respond(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    respond: (handler) => {
      respond = handler;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(incoming: IncomingMessage): Promise<SeenRequest> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
    body: parse(text),
    text,
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Answers with a fixture of `test/fixtures/providers`; a stream is written event by event, and cut after `cutAfter` of them. */
export function answerWith(name: string, { cutAfter }: { cutAfter?: number } = {}): (response: ServerResponse) => void {
  const fixture = JSON.parse(readFileSync(`test/fixtures/providers/${name}.json`, 'utf8')) as Fixture;
  return (response) => {
    if (fixture.events === undefined) {
      response.writeHead(fixture.status ?? 200, { 'content-type': 'application/json', ...fixture.headers }).end(JSON.stringify(fixture.body));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', ...fixture.headers });
    for (const { event, data } of fixture.events.slice(0, cutAfter)) {
      response.write(`${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
    }
    if (cutAfter === undefined) response.end();
    else setImmediate(() => response.destroy());
  };
}
