import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Who sent a request. */
export interface Caller {
  /** Id of the API key, or `anonymous` on an open loopback service; what records name. */
  id: string;
  /** Requests per minute; null: no limit. */
  requestsPerMinute: number | null;
}

/** The caller of an open loopback service, and of endpoints that need no key. */
export const anonymous: Caller = { id: 'anonymous', requestsPerMinute: null };

const callers = new WeakMap<FastifyRequest, Caller>();

/** Notes who sent the request; the guard does it before any controller runs. */
export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** Id of whoever sent the request: `key_…` or `anonymous`. */
export function callerOf(request: FastifyRequest): string {
  return (callers.get(request) ?? anonymous).id;
}

/** Parameter decorator: the caller's id. `complete(@CallerId() caller: string)` */
export const CallerId = createParamDecorator((_: unknown, context: ExecutionContext) => callerOf(context.switchToHttp().getRequest<FastifyRequest>()));
