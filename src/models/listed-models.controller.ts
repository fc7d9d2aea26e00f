import { applyDecorators, Controller, Get, Headers, Param, Req } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ListedModelsService } from './listed-models.service.js';
import { modelBody, modelListBody, modelListSchema, modelSchema, type ModelBody, type ModelListBody, type ModelShape } from './model-list.js';

const errors: Record<number, string> = { 400: 'The address is not valid', 401: 'No valid API key', 403: 'Not from this machine, and there is no API key', 503: 'The database is away' };
const ApiErrors = () => applyDecorators(...Object.entries(errors).map(([status, description]) => ApiResponse({ status: Number(status), description })));

/** Names of models in the shape of OpenAI, or of Anthropic where the request says `anthropic-version` or stands under `/anthropic`. */
@ApiTags('models')
@Controller(['v1/models', 'openai/v1/models', 'anthropic/v1/models'])
export class ListedModelsController {
  constructor(private readonly models: ListedModelsService) {}

  @Get()
  @ApiOperation({ summary: 'Model names this service answers to' })
  @ApiResponse({ status: 200, standardSchema: modelListSchema })
  @ApiErrors()
  list(@Req() request: FastifyRequest, @Headers('anthropic-version') version: string | undefined): ModelListBody {
    return modelListBody(this.models.list(), shapeOf(request, version), this.models.since);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One model name; slashes may be encoded or not' })
  @ApiParam({ name: 'id', schema: { type: 'string', minLength: 1 }, example: 'gremium-consensus' })
  @ApiResponse({ status: 200, standardSchema: modelSchema })
  @ApiErrors()
  @ApiResponse({ status: 414, description: 'The name is too long' })
  @ApiResponse({ status: 404, description: 'No such model; the message has the nearest names' })
  find(@Param('id') id: string, @Req() request: FastifyRequest, @Headers('anthropic-version') version: string | undefined): ModelBody {
    return modelBody(this.models.find(id), shapeOf(request, version), this.models.since);
  }

  @Get(':first/*')
  @ApiExcludeEndpoint()
  findWithSlashes(@Param() { first, '*': rest }: Record<string, string>, @Req() request: FastifyRequest, @Headers('anthropic-version') version: string | undefined): ModelBody {
    return this.find(`${first ?? ''}/${rest ?? ''}`, request, version);
  }
}

function shapeOf(request: FastifyRequest, version: string | undefined): ModelShape {
  if (request.url.startsWith('/openai/')) return 'openai';
  return version !== undefined || request.url.startsWith('/anthropic/') ? 'anthropic' : 'openai';
}
