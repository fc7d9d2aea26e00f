import { Readable } from 'node:stream';
import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiConsumes, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestClaim } from '../completions/request-claim.js';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { ApiId } from '../http/api-id.decorator.js';
import { ApiEventStream, sendEvents } from '../http/event-stream-route.js';
import { CallerId } from '../keys/caller.js';
import { BatchControlService } from './batch-control.service.js';
import { batchListQuery, resultsQuery, resumeBody, switchBody, type BatchListQuery, type ResultsQuery, type ResumeBody, type SwitchBody } from './batch-queries.dto.js';
import { BatchReadsService } from './batch-reads.service.js';
import { batchPageSchema, batchSchema, type BatchBody, type BatchPageBody } from './batch-response.js';
import { BatchRequests } from './batch-requests.js';
import { BatchesService } from './batches.service.js';
import { createBatchBody, type CreateBatchBody } from './create-batch.dto.js';
import { estimateSchema, type EstimateBody } from './estimate-response.js';

/** Batches: many requests at once, through the providers' batch interfaces at half the price. */
@ApiTags('batches')
@Controller('api/batches')
export class BatchesController {
  constructor(
    private readonly batches: BatchesService,
    private readonly requests: BatchRequests,
    private readonly reads: BatchReadsService,
    private readonly control: BatchControlService,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Start a batch of inline items, of an uploaded file, or of the file in the form' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key and body give the same batch', schema: { type: 'string', maxLength: 255 } })
  @ApiConsumes('application/json', 'multipart/form-data')
  @ApiResponse({ status: 201, standardSchema: batchSchema })
  @ApiProblems(404, 409, 413, 415, 422, 502)
  async create(@Body({ schema: createBatchBody.optional() }) body: CreateBatchBody | undefined, @Req() request: FastifyRequest): Promise<BatchBody> {
    const claim = requestClaim(request);
    const asked = await this.requests.read(request, body, claim.caller);
    return this.reads.body(await this.batches.create(asked, claim));
  }

  @Post('estimate')
  @HttpCode(200)
  @ApiOperation({ summary: 'What a batch would take; starts nothing' })
  @ApiConsumes('application/json', 'multipart/form-data')
  @ApiResponse({ status: 200, standardSchema: estimateSchema })
  @ApiProblems(404, 413, 415)
  async estimate(@Body({ schema: createBatchBody.optional() }) body: CreateBatchBody | undefined, @Req() request: FastifyRequest, @CallerId() caller: string): Promise<EstimateBody> {
    return this.batches.estimate(await this.requests.read(request, body, caller));
  }

  @Get()
  @ApiOperation({ summary: 'Batches of this caller, newest first, of both interfaces' })
  @ApiResponse({ status: 200, standardSchema: batchPageSchema })
  @ApiProblems()
  list(@Query({ schema: batchListQuery }) query: BatchListQuery, @CallerId() caller: string): Promise<BatchPageBody> {
    return this.reads.list(caller, query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A batch: state, counts, usage, cost and its jobs at providers' })
  @ApiId()
  @ApiResponse({ status: 200, standardSchema: batchSchema })
  @ApiProblems(404, 414)
  show(@Param('id') id: string, @CallerId() caller: string): Promise<BatchBody> {
    return this.reads.show(id, caller);
  }

  @Get(':id/results')
  @ApiOperation({ summary: 'Results as JSON lines, in the order of the input' })
  @ApiId()
  @ApiResponse({ status: 200, description: 'One item per line: custom_id, status, model, text, output, tool_calls, finish_reason, decision, usage, cost_usd, cost_known, failure, attempts', content: { 'application/x-ndjson': {} } })
  @ApiProblems(404, 414)
  async results(@Param('id') id: string, @Query({ schema: resultsQuery }) { status }: ResultsQuery, @CallerId() caller: string, @Res() reply: FastifyReply): Promise<void> {
    const lines = await this.reads.results(id, caller, status ?? null);
    reply.headers({ 'content-type': 'application/x-ndjson; charset=utf-8', 'content-disposition': `attachment; filename="${id}.jsonl"` });
    reply.send(Readable.from(lines));
  }

  @Get(':id/events')
  @ApiOperation({ summary: 'The batch whenever it changes, then `done`, as an event stream; resumes after Last-Event-ID' })
  @ApiId()
  @ApiEventStream('Each event is the batch as GET shows it; the last one is named `done`')
  @ApiProblems(404, 414)
  async events(@Param('id') id: string, @Headers('last-event-id') lastEventId: string | undefined, @CallerId() caller: string, @Res() reply: FastifyReply): Promise<void> {
    sendEvents(reply, await this.reads.events(id, caller, lastEventId));
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'Cancel for good, at the providers too; what is done is kept' })
  @ApiId()
  @ApiResponse({ status: 202, standardSchema: batchSchema })
  @ApiProblems(404, 414)
  async cancel(@Param('id') id: string, @CallerId() caller: string): Promise<BatchBody> {
    return this.reads.body(await this.control.cancel(id, caller));
  }

  @Post(':id/pause')
  @HttpCode(202)
  @ApiOperation({ summary: 'Submit nothing new; what is at providers is still collected' })
  @ApiId()
  @ApiResponse({ status: 202, standardSchema: batchSchema })
  @ApiProblems(404, 409, 414)
  async pause(@Param('id') id: string, @CallerId() caller: string): Promise<BatchBody> {
    return this.reads.body(await this.control.pause(id, caller));
  }

  @Post(':id/resume')
  @HttpCode(202)
  @ApiOperation({ summary: 'Go on after a pause, with a higher cap if one is named' })
  @ApiId()
  @ApiResponse({ status: 202, standardSchema: batchSchema })
  @ApiProblems(404, 409, 414)
  async resume(@Param('id') id: string, @Body({ schema: resumeBody }) body: ResumeBody, @CallerId() caller: string): Promise<BatchBody> {
    return this.reads.body(await this.control.resume(id, caller, body));
  }

  @Post(':id/retry')
  @HttpCode(202)
  @ApiOperation({ summary: 'Try the failed items again' })
  @ApiId()
  @ApiResponse({ status: 202, standardSchema: batchSchema })
  @ApiProblems(404, 409, 414)
  async retry(@Param('id') id: string, @CallerId() caller: string): Promise<BatchBody> {
    return this.reads.body(await this.control.retry(id, caller));
  }

  @Post(':id/switch')
  @HttpCode(202)
  @ApiOperation({ summary: 'Go on in another mode once what is at providers is collected' })
  @ApiId()
  @ApiResponse({ status: 202, standardSchema: batchSchema })
  @ApiProblems(404, 409, 414)
  async switchMode(@Param('id') id: string, @Body({ schema: switchBody }) { mode }: SwitchBody, @CallerId() caller: string): Promise<BatchBody> {
    return this.reads.body(await this.control.switchMode(id, caller, mode));
  }
}
