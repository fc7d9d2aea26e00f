import { Readable } from 'node:stream';
import { APICallError } from '@ai-sdk/provider';
import { request } from 'undici';
import { plainHeaders, sharedPool } from '../http-fetch.js';

/**
 * `fetch` for batches, over the pool and proxy of all calls: bodies go out and come in as streams, whatever their size, and nothing follows redirects.
 * An answer other than 2xx is thrown as `APICallError` with its body, so that the failure table sees the same as for a call, whichever vendor's client is in between.
 */
export const transferFetch: typeof globalThis.fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : input.toString();
  const { statusCode, headers, body } = await request(url, {
    dispatcher: sharedPool(),
    method: init?.method ?? 'GET',
    headers: { ...Object.fromEntries(new Headers(init?.headers)), 'accept-encoding': 'identity' },
    body: toBody(init?.body),
    signal: init?.signal ?? null,
  });
  const responseHeaders = plainHeaders(headers);
  if (statusCode < 200 || statusCode > 299) throw new APICallError({ message: 'refused', url, requestBodyValues: {}, statusCode, responseHeaders, responseBody: await body.text() });
  const content = statusCode === 204 ? (await body.dump(), null) : ReadableStream.from<Uint8Array>(body);
  return new Response(content, { status: statusCode, headers: responseHeaders });
};

function toBody(body: RequestInit['body']): string | Readable | null {
  if (body === null || body === undefined || typeof body === 'string') return body ?? null;
  if (body instanceof ReadableStream) return Readable.fromWeb(body);
  throw new TypeError('batches send texts and streams only');
}
