import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { providerLimitsListSchema, type ProviderLimitsBody } from './limits-response.js';
import { LimitsService } from './limits.service.js';

/** What may be asked of providers, and how they answer. */
@ApiTags('models')
@Controller('api/providers')
export class LimitsController {
  constructor(private readonly limits: LimitsService) {}

  @Get('limits')
  @ApiOperation({ summary: 'Limits of each provider with what is in use, whether it is slowed down, and its circuit breaker; over all workers' })
  @ApiResponse({ status: 200, standardSchema: providerLimitsListSchema })
  @ApiProblems(503)
  async list(): Promise<{ data: ProviderLimitsBody[] }> {
    return { data: await this.limits.list() };
  }
}
