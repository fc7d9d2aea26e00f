import { Readable } from 'node:stream';
import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { ApiId } from '../http/api-id.decorator.js';
import { ApiEventStream, sendEvents } from '../http/event-stream-route.js';
import { CallerId } from '../keys/caller.js';
import { callPageSchema, type CallBody } from './call-response.js';
import { completionPageSchema, type CompletionBody } from './completion-response.js';
import { metricsSchema, type MetricsBody } from './metrics-response.js';
import { callFilter, callPageFilter, completionFilter, metricsFilter, type CallFilter, type CallPageFilter, type CompletionFilter, type MetricsFilter } from './trace-filters.dto.js';
import { traceSchema, type TraceBody } from './trace-response.js';
import { TracesService, type Page } from './traces.service.js';

/** Completions, their calls and figures over them. */
@ApiTags('records')
@Controller('api')
export class TracesController {
  constructor(private readonly traces: TracesService) {}

  @Get('completions')
  @ApiOperation({ summary: 'Completions of this caller, newest first' })
  @ApiResponse({ status: 200, standardSchema: completionPageSchema })
  @ApiProblems()
  completions(@Query({ schema: completionFilter }) filter: CompletionFilter, @CallerId() caller: string): Promise<Page<CompletionBody>> {
    return this.traces.completions(caller, filter);
  }

  @Get('completions/:id')
  @ApiOperation({ summary: 'The whole trace of a completion: stages, calls, ballots, decision, cost' })
  @ApiId()
  @ApiResponse({ status: 200, standardSchema: traceSchema })
  @ApiProblems(404, 414)
  completion(@Param('id') id: string, @CallerId() caller: string): Promise<TraceBody> {
    return this.traces.completion(id, caller);
  }

  @Get('completions/:id/events')
  @ApiOperation({ summary: 'Calls of a completion as they end, then `done`, as an event stream; resumes after Last-Event-ID' })
  @ApiId()
  @ApiEventStream('Events `call` (as in /api/calls) and at last `done`')
  @ApiProblems(404, 414)
  async events(@Param('id') id: string, @Headers('last-event-id') lastEventId: string | undefined, @CallerId() caller: string, @Res() reply: FastifyReply): Promise<void> {
    sendEvents(reply, await this.traces.events(id, caller, lastEventId));
  }

  @Get('calls')
  @ApiOperation({ summary: 'Calls of this caller, newest first, without what they said' })
  @ApiResponse({ status: 200, standardSchema: callPageSchema })
  @ApiProblems()
  calls(@Query({ schema: callPageFilter }) filter: CallPageFilter, @CallerId() caller: string): Promise<Page<CallBody>> {
    return this.traces.calls(caller, filter);
  }

  @Get('calls/export')
  @ApiOperation({ summary: 'Calls with what they said as JSON lines, oldest first' })
  @ApiResponse({ status: 200, description: 'One call per line', content: { 'application/x-ndjson': {} } })
  @ApiProblems()
  exportCalls(@Query({ schema: callFilter }) filter: CallFilter, @CallerId() caller: string, @Res() reply: FastifyReply): void {
    reply.headers({ 'content-type': 'application/x-ndjson; charset=utf-8', 'content-disposition': 'attachment; filename="calls.jsonl"' });
    reply.send(Readable.from(this.traces.exportCalls(caller, filter)));
  }

  @Get('metrics/summary')
  @ApiOperation({ summary: 'Calls, error rate, cost and latency by model, and the bottleneck of each stage' })
  @ApiResponse({ status: 200, standardSchema: metricsSchema })
  @ApiProblems()
  metrics(@Query({ schema: metricsFilter }) { minutes }: MetricsFilter, @CallerId() caller: string): Promise<MetricsBody> {
    return this.traces.metrics(caller, minutes);
  }
}
