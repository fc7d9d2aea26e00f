import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { ApiId } from '../http/api-id.decorator.js';
import { CallerId } from '../keys/caller.js';
import { BatchIntegrityService } from './batch-integrity.service.js';
import { revalidateBody, type RevalidateBody } from './batch-queries.dto.js';
import { integritySchema, repairSchema, revalidationSchema, type IntegrityBody, type RepairBody, type RevalidationBody } from './integrity-response.js';

/** Whether batches are whole. */
@ApiTags('batches')
@Controller('api/batches')
export class BatchIntegrityController {
  constructor(private readonly integrity: BatchIntegrityService) {}

  @Get(':id/verify')
  @ApiOperation({ summary: 'What is expected, valid, failed, missing, duplicated and orphaned, per job' })
  @ApiId()
  @ApiResponse({ status: 200, standardSchema: integritySchema })
  @ApiProblems(404, 414)
  verify(@Param('id') id: string, @CallerId() caller: string): Promise<IntegrityBody> {
    return this.integrity.verify(id, caller);
  }

  @Post(':id/repair')
  @HttpCode(200)
  @ApiOperation({ summary: 'Make again what is missing, and nothing else' })
  @ApiId()
  @ApiResponse({ status: 200, standardSchema: repairSchema })
  @ApiProblems(404, 409, 414)
  repair(@Param('id') id: string, @CallerId() caller: string): Promise<RepairBody> {
    return this.integrity.repair(id, caller);
  }

  @Post(':id/revalidate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Judge the stored answers by a schema, without a call' })
  @ApiId()
  @ApiResponse({ status: 200, standardSchema: revalidationSchema })
  @ApiProblems(404, 409, 414)
  revalidate(@Param('id') id: string, @Body({ schema: revalidateBody }) body: RevalidateBody, @CallerId() caller: string): Promise<RevalidationBody> {
    return this.integrity.revalidate(id, caller, body);
  }
}
