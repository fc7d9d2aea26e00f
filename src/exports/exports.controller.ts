import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { ApiId } from '../http/api-id.decorator.js';
import { CallerId } from '../keys/caller.js';
import { exportQuery, renderExport, type ExportQuery } from './export-formats.js';
import { importSchema, publicKeySchema, verificationSchema, type ImportBody, type PublicKeyBody, type VerificationBody } from './export-response.js';
import { ExportsService } from './exports.service.js';

const Archive = () =>
  ApiBody({
    schema: {
      type: 'object',
      required: ['file'],
      additionalProperties: false,
      properties: { file: { type: 'string', format: 'binary' }, key: { type: 'string', pattern: '^([0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=)$', description: 'A key to trust: base64 of 32 bytes, or its fingerprint; missing: any' } },
    },
  });

/** Exports of runs, and their proof. */
@ApiTags('runs')
@Controller('api')
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  @Get('runs/:id/export')
  @ApiOperation({ summary: 'A finished run as a signed ZIP, JSON, JSON lines, CSV, Markdown or PDF' })
  @ApiId()
  @ApiResponse({ status: 200, description: 'The export', content: { 'application/zip': {}, 'application/json': {}, 'application/x-ndjson': {}, 'text/csv': {}, 'text/markdown': {}, 'application/pdf': {} } })
  @ApiProblems(404, 409, 414)
  async export(@Param('id') id: string, @Query({ schema: exportQuery }) { format }: ExportQuery, @CallerId() caller: string, @Res() reply: FastifyReply): Promise<void> {
    const { contentType, extension, body } = renderExport(await this.exports.run(id, caller), format, () => this.exports.key);
    reply.headers({ 'content-type': contentType, 'content-disposition': `attachment; filename="conclave-${id.replaceAll(/[^\w.-]/g, '_')}.${extension}"` });
    return void reply.send(body);
  }

  @Get('exports/public-key')
  @ApiOperation({ summary: 'The key that signs exports here, and every one that did' })
  @ApiResponse({ status: 200, standardSchema: publicKeySchema })
  @ApiProblems()
  publicKey(): Promise<PublicKeyBody> {
    return this.exports.publicKeys();
  }

  @Post('exports/verify')
  @HttpCode(200)
  @ApiOperation({ summary: 'Verify a signed export: signature, key, every file' })
  @ApiConsumes('multipart/form-data')
  @Archive()
  @ApiResponse({ status: 200, standardSchema: verificationSchema })
  @ApiProblems(413, 415)
  verify(@Req() request: FastifyRequest): Promise<VerificationBody> {
    return this.exports.verify(request);
  }

  @Post('exports/import')
  @ApiOperation({ summary: "Take another Conclave's verified export in as a run" })
  @ApiConsumes('multipart/form-data')
  @Archive()
  @ApiResponse({ status: 201, standardSchema: importSchema })
  @ApiProblems(409, 413, 415, 422)
  import(@Req() request: FastifyRequest, @CallerId() caller: string): Promise<ImportBody> {
    return this.exports.import(request, caller);
  }
}
