import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { KeyChecks } from './key-checks.js';
import { providerHealthListSchema, type ProviderHealth } from './provider-health.js';

/** Whether providers answer and take their keys; for whoever may call them, so not among the open probes. */
@ApiTags('service')
@Controller('api/providers')
export class ProvidersHealthController {
  constructor(private readonly checks: KeyChecks) {}

  @Get('health')
  @ApiOperation({ summary: 'What the cheapest call to each configured provider comes to, asked now' })
  @ApiResponse({ status: 200, standardSchema: providerHealthListSchema })
  @ApiProblems()
  async health(): Promise<{ data: ProviderHealth[] }> {
    return { data: await this.checks.check() };
  }
}
