import { stackAddresses } from './stack.js';
import type { SseFrame } from './sse.js';
import { sseFrames } from './sse.js';

/** An answer as it came over the wire. `json` is null where the body is none. */
export interface WireAnswer {
  status: number;
  headers: Headers;
  text: string;
  // Specs take any field of any answer and assert on it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

/** A whole streamed answer: every frame, and the parts that specs ask for most. */
export interface StreamedAnswer {
  status: number;
  headers: Headers;
  frames: SseFrame[];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  chunks: any[];
  comments: string[];
  text: string;
  isDone: boolean;
}

export interface RequestOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export type JsonBody = Record<string, unknown>;

/** A bare HTTP client: no SDK that would repair, retry or hide what is on the wire. */
export class ConclaveClient {
  constructor(readonly url: string, private readonly headers: Record<string, string> = {}) {}

  async request(method: string, path: string, body?: JsonBody | string, options: RequestOptions = {}): Promise<WireAnswer> {
    const response = await this.fetch(method, path, body, options);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  }

  get(path: string, options?: RequestOptions): Promise<WireAnswer> {
    return this.request('GET', path, undefined, options);
  }

  chat(body: JsonBody, options?: RequestOptions): Promise<WireAnswer> {
    return this.request('POST', '/v1/chat/completions', body, options);
  }

  messages(body: JsonBody, options?: RequestOptions): Promise<WireAnswer> {
    return this.request('POST', '/v1/messages', { max_tokens: 500, ...body }, options);
  }

  async stream(body: JsonBody, options: RequestOptions = {}, path = '/v1/chat/completions'): Promise<StreamedAnswer> {
    const response = await this.fetch('POST', path, { ...body, stream: true }, options);
    const frames: SseFrame[] = [];
    if (response.body) for await (const frame of sseFrames(response.body)) frames.push(frame);
    const datas = frames.flatMap((frame) => frame.data ?? []);
    const chunks = datas.filter((data) => data !== '[DONE]').map(parsed);
    return {
      status: response.status,
      headers: response.headers,
      frames,
      chunks,
      comments: frames.flatMap((frame) => frame.comment ?? []),
      text: chunks.map((chunk) => String(chunk?.choices?.[0]?.delta?.content ?? '')).join(''),
      isDone: datas.at(-1) === '[DONE]',
    };
  }

  fetch(method: string, path: string, body?: JsonBody | string, options: RequestOptions = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...this.headers, ...options.headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(options.signal && { signal: options.signal }),
    });
  }
}

/** A client of the run's shared api. */
export function conclave(): ConclaveClient {
  return new ConclaveClient(stackAddresses().apiUrl);
}

/** A question whose true answer every simulated model knows, with this test's own word in it. */
export function ask(mark: string, question = 'What is the capital of France?'): { role: string; content: string }[] {
  return [{ role: 'user', content: `(${mark}) ${question}` }];
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
