import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { requestClaim } from '../completions/request-claim.js';
import { ApiId } from '../http/api-id.decorator.js';
import { OpenAiErrors } from '../http/openai-errors.decorator.js';
import { CallerId } from '../keys/caller.js';
import { BatchControlService } from './batch-control.service.js';
import { openaiBatchBody, openaiBatchListQuery, type OpenAiBatchBody, type OpenAiBatchListQuery } from './batch-queries.dto.js';
import { BatchReadsService } from './batch-reads.service.js';
import { BatchesService } from './batches.service.js';
import { openaiBatchListSchema, openaiBatchSchema, type OpenAiBatchListResponse, type OpenAiBatchResponse } from './openai-batch-response.js';

/** OpenAI's batches, for every model name: `trio`, `panel/…` and `composite/…` included. */
@ApiTags('batches')
@Controller(['v1/batches', 'openai/v1/batches'])
export class OpenAiBatchesController {
  constructor(
    private readonly batches: BatchesService,
    private readonly reads: BatchReadsService,
    private readonly control: BatchControlService,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Start a batch of an uploaded file, in the form of OpenAI' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key and body give the same batch', schema: { type: 'string', maxLength: 255 } })
  @ApiResponse({ status: 200, standardSchema: openaiBatchSchema })
  @OpenAiErrors(404, 413, 415, 422)
  async create(@Body({ schema: openaiBatchBody }) body: OpenAiBatchBody, @Req() request: FastifyRequest): Promise<OpenAiBatchResponse> {
    return this.reads.showOpenAi(await this.batches.createOpenAi(body, requestClaim(request)));
  }

  @Get()
  @ApiOperation({ summary: 'Batches made in the form of OpenAI, newest first' })
  @ApiResponse({ status: 200, standardSchema: openaiBatchListSchema })
  @OpenAiErrors()
  list(@Query({ schema: openaiBatchListQuery }) query: OpenAiBatchListQuery, @CallerId() caller: string): Promise<OpenAiBatchListResponse> {
    return this.reads.listOpenAi(caller, query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A batch in the form of OpenAI' })
  @ApiId()
  @ApiResponse({ status: 200, standardSchema: openaiBatchSchema })
  @OpenAiErrors(404, 414)
  async show(@Param('id') id: string, @CallerId() caller: string): Promise<OpenAiBatchResponse> {
    return this.reads.showOpenAi(await this.reads.find(id, caller));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a batch; `cancelling` until what is at providers has ended' })
  @ApiId()
  @ApiResponse({ status: 200, standardSchema: openaiBatchSchema })
  @OpenAiErrors(404, 414)
  async cancel(@Param('id') id: string, @CallerId() caller: string): Promise<OpenAiBatchResponse> {
    return this.reads.showOpenAi(await this.control.cancel(id, caller));
  }
}
