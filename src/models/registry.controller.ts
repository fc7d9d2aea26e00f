import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { CallerId } from '../keys/caller.js';
import { modelChange, modelFilter, priceQuery, type ModelChange, type ModelFilter, type PriceQuery } from './registry-filters.dto.js';
import { modelDetailSchema, priceListSchema, registryModelListSchema, type ModelDetailBody, type PriceBody, type RegistryModelBody } from './registry-response.js';
import { RegistryService, type Page } from './registry.service.js';

const ApiProvider = () => ApiParam({ name: 'provider', schema: { type: 'string', minLength: 1 }, description: 'A provider, by its name or alias', example: 'openai' });
const ApiModel = () => ApiParam({ name: 'model', schema: { type: 'string', minLength: 1 }, description: "The provider's own model id; slashes may be encoded or not", example: 'gpt-4o-mini' });

/** The registry: models with capabilities and overrides, and prices with their history. */
@ApiTags('models')
@Controller('api')
export class RegistryController {
  constructor(private readonly registry: RegistryService) {}

  @Get('models')
  @ApiOperation({ summary: 'Models of the registry, with capabilities, limits and prices' })
  @ApiResponse({ status: 200, standardSchema: registryModelListSchema })
  @ApiProblems(404)
  list(@Query({ schema: modelFilter }) filter: ModelFilter): Page<RegistryModelBody> {
    return this.registry.list(filter);
  }

  @Get('models/:provider/:model')
  @ApiOperation({ summary: 'One model of the registry, enabled or not, with the history of its price' })
  @ApiProvider()
  @ApiModel()
  @ApiResponse({ status: 200, standardSchema: modelDetailSchema })
  @ApiProblems(404, 414)
  find(@Param('provider') provider: string, @Param('model') model: string): Promise<ModelDetailBody> {
    return this.registry.find(provider, model);
  }

  @Get('models/:provider/:first/*')
  @ApiExcludeEndpoint()
  findWithSlashes(@Param() { provider, first, '*': rest }: Record<string, string>): Promise<ModelDetailBody> {
    return this.registry.find(provider ?? '', `${first ?? ''}/${rest ?? ''}`);
  }

  @Patch('models/:provider/:model')
  @ApiOperation({
    summary: 'Enable, disable, price or override a model, for a time or until further notice',
    description: 'What is set is kept apart from models.yaml and wins over it; `null` takes it off again. Calls that were made keep the price they were charged at. A price makes a model known that the registry lacks.',
  })
  @ApiProvider()
  @ApiModel()
  @ApiResponse({ status: 200, standardSchema: modelDetailSchema })
  @ApiProblems(404, 414)
  change(@Param('provider') provider: string, @Param('model') model: string, @Body({ schema: modelChange }) change: ModelChange, @CallerId() caller: string): Promise<ModelDetailBody> {
    return this.registry.change(provider, model, change, caller);
  }

  @Patch('models/:provider/:first/*')
  @ApiExcludeEndpoint()
  changeWithSlashes(@Param() { provider, first, '*': rest }: Record<string, string>, @Body({ schema: modelChange }) change: ModelChange, @CallerId() caller: string): Promise<ModelDetailBody> {
    return this.registry.change(provider ?? '', `${first ?? ''}/${rest ?? ''}`, change, caller);
  }

  @Get('prices')
  @ApiOperation({ summary: 'Prices in US dollars per million tokens: now, at a time, or all there ever were; an unknown price is null' })
  @ApiResponse({ status: 200, standardSchema: priceListSchema })
  @ApiProblems(404)
  prices(@Query({ schema: priceQuery }) query: PriceQuery): Promise<Page<PriceBody>> {
    return this.registry.prices(query);
  }
}
