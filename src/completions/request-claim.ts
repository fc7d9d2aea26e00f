import type { FastifyRequest } from 'fastify';
import { badRequest } from '../http/api-error.js';
import { callerOf } from '../keys/caller.js';

/** What of a request, besides what it asks, decides whether it is one that came before. */
export interface RequestClaim {
  caller: string;
  idempotencyKey: string | null;
  /** One of the official SDKs repeats the request by itself. */
  isRepetition: boolean;
  /** As it arrived. */
  body: unknown;
}

const longestKey = 255;

/** Reads the claim of a request from its headers. */
export function requestClaim(request: FastifyRequest): RequestClaim {
  const key = request.headers['idempotency-key'];
  const idempotencyKey = typeof key === 'string' && key.trim() !== '' ? key.trim() : null;
  if (idempotencyKey !== null && idempotencyKey.length > longestKey) throw badRequest('Idempotency-Key', `The header 'Idempotency-Key' has ${String(idempotencyKey.length)} characters; at most ${String(longestKey)} are possible.`);
  return { caller: callerOf(request), idempotencyKey, isRepetition: Number(request.headers['x-stainless-retry-count']) > 0, body: request.body };
}
