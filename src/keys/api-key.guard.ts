import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.js';
import { presentedKey } from './api-key.js';
import { setCaller, anonymous, type Caller } from './caller.js';
import { KeysService } from './keys.service.js';
import { limitHeaders } from './limit-headers.js';
import { openAccessFault } from './loopback-access.js';
import { publicEndpoint } from './public.js';
import { RequestLimitsService } from './request-limits.service.js';

/** Decides who a request comes from and whether it may come in: by key where keys exist, else from this machine only. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: KeysService,
    private readonly limits: RequestLimitsService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean | undefined>(publicEndpoint, [context.getHandler(), context.getClass()])) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const caller = await this.callerOf(request);
    setCaller(request, caller);
    if (isCounted(request)) await this.count(caller, http.getResponse<FastifyReply>());
    return true;
  }

  private async callerOf(request: FastifyRequest): Promise<Caller> {
    if (!(await this.keys.exist())) return openCaller(request);
    const key = presentedKey(request.headers);
    if (key === null) throw unauthorized('An API key is needed: send "Authorization: Bearer ck_…" or "x-api-key: ck_…".');
    const caller = await this.keys.authenticate(key);
    if (!caller) throw unauthorized('The API key is unknown or revoked. Create one with "conclave keys create".');
    return caller;
  }

  private async count(caller: Caller, reply: FastifyReply): Promise<void> {
    const counted = await this.limits.count(caller);
    if (!counted) return;
    const headers = limitHeaders(counted);
    reply.headers(headers);
    if (counted.allowed) return;
    throw new ApiError({
      status: 429,
      code: 'rate_limit_exceeded',
      message: `This API key may send ${String(counted.limit)} requests per minute. Try again in ${String(Math.ceil(counted.resetMs / 1_000))} s.`,
      retryAfterMs: counted.resetMs,
      headers,
    });
  }
}

// What a key's limit counts: completions and token counts, not the reading of models, traces and pages.
function isCounted(request: FastifyRequest): boolean {
  return request.method === 'POST' && /^\/(openai\/|anthropic\/)?v1\//.test(request.url);
}

function openCaller(request: FastifyRequest): Caller {
  const fault = openAccessFault({
    remoteAddress: request.socket.remoteAddress,
    host: request.headers.host,
    origin: request.headers.origin,
    secFetchSite: single(request.headers['sec-fetch-site']),
    secFetchMode: single(request.headers['sec-fetch-mode']),
  });
  if (fault !== null) throw new ApiError({ status: 403, code: 'forbidden', message: fault });
  return anonymous;
}

function unauthorized(message: string): ApiError {
  return new ApiError({ status: 401, code: 'invalid_api_key', message, headers: { 'www-authenticate': 'Bearer' } });
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
