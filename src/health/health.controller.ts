import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '../keys/public.js';
import { Readiness } from './readiness.js';
import { healthSchema, metadataSchema, type HealthBody, type MetadataBody } from './service-description.js';
import { ServiceDescription } from './service-description.service.js';

const live = z.object({ status: z.literal('ok') }).meta({ id: 'Live' });
const ready = z
  .object({ status: z.enum(['ok', 'error', 'shutting_down']), details: z.record(z.string(), z.object({ status: z.enum(['up', 'down']), message: z.string().optional() })) })
  .meta({ id: 'Ready' });

/** Open to everybody: probes and benchmark clients send no key. Nothing here is secret. */
@ApiTags('service')
@Controller()
@Public()
export class HealthController {
  constructor(
    private readonly description: ServiceDescription,
    private readonly readiness: Readiness,
  ) {}

  @Get('health')
  @ApiOperation({ summary: 'Version and participants of the default panel' })
  @ApiResponse({ status: 200, standardSchema: healthSchema })
  health(): HealthBody {
    return this.description.health();
  }

  @Get('health/live')
  @ApiOperation({ summary: 'Whether the process answers' })
  @ApiResponse({ status: 200, standardSchema: live })
  live(): z.infer<typeof live> {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'Whether database and workflow engine answer' })
  @ApiResponse({ status: 200, standardSchema: ready })
  @ApiResponse({ status: 503, description: 'An engine is away; `details` says which', standardSchema: ready })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Pick<HealthCheckResult, 'status' | 'details'>> {
    const { status, details } = await this.readiness.check();
    if (status !== 'ok') reply.status(503);
    return { status, details };
  }

  @Get('metadata')
  @ApiOperation({ summary: 'What a benchmark of this service records beside its results' })
  @ApiResponse({ status: 200, standardSchema: metadataSchema })
  metadata(): MetadataBody {
    return this.description.metadata();
  }
}
