import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeyGuard } from './api-key.guard.js';
import { KeysService } from './keys.service.js';
import { RequestLimitsService } from './request-limits.service.js';

/** API keys, their limits, and the guard of every endpoint. */
@Module({ providers: [KeysService, RequestLimitsService, { provide: APP_GUARD, useClass: ApiKeyGuard }], exports: [KeysService] })
export class KeysModule {}
