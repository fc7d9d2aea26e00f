import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { ProvidersService } from '../providers/providers.service.js';
import { ModelsService } from './models.service.js';
import { priceBody, priceListSchema, registryModelBody, registryModelListSchema, type PriceBody, type RegistryModelBody } from './registry-response.js';

const filter = z.strictObject({ provider: z.string().min(1).max(100).optional().describe('Only this provider, by its name or alias') });
type Filter = z.infer<typeof filter>;

/** The registry: models with capabilities, and prices. */
@ApiTags('models')
@Controller('api')
export class RegistryController {
  constructor(
    private readonly models: ModelsService,
    private readonly providers: ProvidersService,
  ) {}

  @Get('models')
  @ApiOperation({ summary: 'Models of the registry, with capabilities and prices' })
  @ApiResponse({ status: 200, standardSchema: registryModelListSchema })
  @ApiProblems()
  list(@Query({ schema: filter }) { provider }: Filter): { data: RegistryModelBody[] } {
    const data = this.of(provider).map((model) =>
      registryModelBody(model, { isConfigured: this.providers.isConfigured(model.provider), isDefault: this.models.defaultModel(model.provider) === model.id }),
    );
    return { data };
  }

  @Get('prices')
  @ApiOperation({ summary: 'Prices of the registry in US dollars per million tokens, with source and date; an unknown price is null' })
  @ApiResponse({ status: 200, standardSchema: priceListSchema })
  @ApiProblems()
  prices(@Query({ schema: filter }) { provider }: Filter): { data: PriceBody[] } {
    return { data: this.of(provider).map(priceBody) };
  }

  private of(provider: string | undefined) {
    const canonical = provider === undefined ? undefined : (this.providers.resolveAlias(provider) ?? provider);
    return this.models.all().filter((model) => canonical === undefined || model.provider === canonical);
  }
}
