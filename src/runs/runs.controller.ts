import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { summarySchema, type RunSummary } from '../../domain/exports/run-document.js';
import { requestClaim } from '../completions/request-claim.js';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { ApiId } from '../http/api-id.decorator.js';
import { ApiEventStream, sendEvents } from '../http/event-stream-route.js';
import { CallerId } from '../keys/caller.js';
import { createRunBody, type CreateRunBody } from './create-run.dto.js';
import { comparisonSchema, type ComparisonBody } from './run-comparison.js';
import { RunControlService } from './run-control.service.js';
import { compareQuery, resumeRunBody, runListQuery, sampleListQuery, type CompareQuery, type ResumeRunBody, type RunListQuery, type SampleListQuery } from './run-queries.dto.js';
import { RunReadsService } from './run-reads.service.js';
import { runPageSchema, runSchema, type RunBody, type RunPageBody } from './run-response.js';
import { sampleDetailSchema, samplePageSchema, type SampleDetailBody, type SamplePageBody } from './run-sample-response.js';
import { RunsService } from './runs.service.js';

const rescoreSchema = z.object({ samples: z.int(), changed: z.int().describe('Verdicts that are other than before') }).meta({ id: 'Rescored' });

/** Benchmark runs: what a model or a panel can do, and what it costs. */
@ApiTags('runs')
@Controller('api/runs')
export class RunsController {
  constructor(
    private readonly runs: RunsService,
    private readonly reads: RunReadsService,
    private readonly control: RunControlService,
  ) {}

  @Post(['', 'api'])
  @ApiOperation({ summary: 'Start a run of benchmarks against a model or a panel' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key and body give the same run', schema: { type: 'string', maxLength: 255 } })
  @ApiResponse({ status: 201, standardSchema: runSchema })
  @ApiProblems(404, 415, 422, 502)
  async create(@Body({ schema: createRunBody }) body: CreateRunBody, @Req() request: FastifyRequest): Promise<RunBody> {
    return this.reads.body(await this.runs.create(body, requestClaim(request)));
  }

  @Get()
  @ApiOperation({ summary: 'Runs of this caller, newest first' })
  @ApiResponse({ status: 200, standardSchema: runPageSchema })
  @ApiProblems()
  list(@Query({ schema: runListQuery }) query: RunListQuery, @CallerId() caller: string): Promise<RunPageBody> {
    return this.reads.list(caller, query);
  }

  @Get('compare')
  @ApiOperation({ summary: 'Runs side by side, with paired differences on the items both answered' })
  @ApiResponse({ status: 200, standardSchema: comparisonSchema })
  @ApiProblems(404)
  compare(@Query({ schema: compareQuery }) { ids }: CompareQuery, @CallerId() caller: string): Promise<ComparisonBody> {
    return this.reads.compare(ids, caller);
  }

  @Get(':id')
  @ApiId()
  @ApiOperation({ summary: 'A run with its benchmarks and what it came to so far' })
  @ApiResponse({ status: 200, standardSchema: runSchema })
  @ApiProblems(404, 414)
  show(@Param('id') id: string, @CallerId() caller: string): Promise<RunBody> {
    return this.reads.show(id, caller);
  }

  @Get(':id/summary')
  @ApiId()
  @ApiOperation({ summary: 'Accuracy with its interval, coverage, errors, tokens and cost' })
  @ApiResponse({ status: 200, standardSchema: summarySchema })
  @ApiProblems(404, 414)
  async summary(@Param('id') id: string, @CallerId() caller: string): Promise<RunSummary> {
    return (await this.reads.show(id, caller)).summary;
  }

  @Get(':id/samples')
  @ApiId()
  @ApiOperation({ summary: 'Samples of the run with prompt, answer, extraction and verdict' })
  @ApiResponse({ status: 200, standardSchema: samplePageSchema })
  @ApiProblems(404, 414)
  samples(@Param('id') id: string, @Query({ schema: sampleListQuery }) query: SampleListQuery, @CallerId() caller: string): Promise<SamplePageBody> {
    return this.reads.samples(id, caller, query);
  }

  @Get(':id/benchmarks/:name/samples')
  @ApiId()
  @ApiParam({ name: 'name', schema: { type: 'string', minLength: 1 } })
  @ApiOperation({ summary: 'Samples of one benchmark of the run' })
  @ApiResponse({ status: 200, standardSchema: samplePageSchema })
  @ApiProblems(404, 414)
  benchmarkSamples(@Param('id') id: string, @Param('name') name: string, @Query({ schema: sampleListQuery }) query: SampleListQuery, @CallerId() caller: string): Promise<SamplePageBody> {
    return this.reads.samples(id, caller, { ...query, benchmark: name });
  }

  @Get(':id/samples/:sample_id')
  @ApiId()
  @ApiParam({ name: 'sample_id', schema: { type: 'string', minLength: 1 } })
  @ApiOperation({ summary: 'Everything stored about one sample, its calls included' })
  @ApiResponse({ status: 200, standardSchema: sampleDetailSchema })
  @ApiProblems(404, 414)
  sample(@Param('id') id: string, @Param('sample_id') sampleId: string, @CallerId() caller: string): Promise<SampleDetailBody> {
    return this.reads.sample(id, sampleId, caller);
  }

  @Get(':id/events')
  @ApiId()
  @ApiOperation({ summary: 'The run whenever it changes, then `done`, as an event stream; resumes after Last-Event-ID' })
  @ApiEventStream('Each event is the whole run')
  @ApiProblems(404, 414)
  async events(@Param('id') id: string, @Headers('last-event-id') lastEventId: string | undefined, @CallerId() caller: string, @Res() reply: FastifyReply): Promise<void> {
    sendEvents(reply, await this.reads.events(id, caller, lastEventId));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiId()
  @ApiOperation({ summary: 'Cancel; one that is over stays as it is' })
  @ApiResponse({ status: 200, standardSchema: runSchema })
  @ApiProblems(404, 414)
  async cancel(@Param('id') id: string, @CallerId() caller: string): Promise<RunBody> {
    return this.reads.body(await this.control.cancel(id, caller));
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiId()
  @ApiOperation({ summary: 'Ask nothing new until it is resumed' })
  @ApiResponse({ status: 200, standardSchema: runSchema })
  @ApiProblems(404, 409, 414)
  async pause(@Param('id') id: string, @CallerId() caller: string): Promise<RunBody> {
    return this.reads.body(await this.control.pause(id, caller));
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiId()
  @ApiOperation({ summary: 'Go on after a pause, with higher caps where they are given' })
  @ApiResponse({ status: 200, standardSchema: runSchema })
  @ApiProblems(404, 409, 414, 415)
  async resume(@Param('id') id: string, @Body({ schema: resumeRunBody }) body: ResumeRunBody, @CallerId() caller: string): Promise<RunBody> {
    return this.reads.body(await this.control.resume(id, caller, body));
  }

  @Post(':id/retry-errors')
  @HttpCode(200)
  @ApiId()
  @ApiOperation({ summary: 'Ask the samples in error again; done samples stay' })
  @ApiResponse({ status: 200, standardSchema: runSchema })
  @ApiProblems(404, 409, 414)
  async retryErrors(@Param('id') id: string, @CallerId() caller: string): Promise<RunBody> {
    return this.reads.body(await this.control.retryErrors(id, caller));
  }

  @Post(':id/requeue')
  @HttpCode(200)
  @ApiId()
  @ApiOperation({ summary: 'Take a failed or canceled run up again; done samples stay' })
  @ApiResponse({ status: 200, standardSchema: runSchema })
  @ApiProblems(404, 409, 414)
  async requeue(@Param('id') id: string, @CallerId() caller: string): Promise<RunBody> {
    return this.reads.body(await this.control.requeue(id, caller));
  }

  @Post(':id/re-score')
  @HttpCode(200)
  @ApiId()
  @ApiOperation({ summary: 'Score the stored answers by the present scorers, without a call' })
  @ApiResponse({ status: 200, standardSchema: rescoreSchema })
  @ApiProblems(404, 409, 414)
  rescore(@Param('id') id: string, @CallerId() caller: string): Promise<z.infer<typeof rescoreSchema>> {
    return this.control.rescore(id, caller);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiId()
  @ApiOperation({ summary: 'Delete a run that is over, with its samples' })
  @ApiResponse({ status: 204, description: 'It is gone' })
  @ApiProblems(404, 409, 414)
  async remove(@Param('id') id: string, @CallerId() caller: string): Promise<void> {
    await this.control.remove(id, caller);
  }
}
