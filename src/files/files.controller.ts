import { Readable } from 'node:stream';
import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpenAiErrors } from '../http/openai-errors.decorator.js';
import { CallerId } from '../keys/caller.js';
import { fileBody, fileDeletionSchema, fileListSchema, fileSchema, type FileBody, type FileDeletionBody, type FileListBody } from './file-response.js';
import { FilesService } from './files.service.js';
import { fileListQuery, type FileListQuery } from './list-files.dto.js';

/** OpenAI's files: inputs and results of batches. */
@ApiTags('batches')
@Controller(['v1/files', 'openai/v1/files'])
export class FilesController {
  constructor(private readonly files: FilesService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Upload JSON lines for a batch, up to 200 MB' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: { type: 'object', required: ['file', 'purpose'], properties: { file: { type: 'string', format: 'binary' }, purpose: { type: 'string', enum: ['batch'] } } } })
  @ApiResponse({ status: 200, standardSchema: fileSchema })
  @OpenAiErrors(413, 415)
  upload(@Req() request: FastifyRequest, @CallerId() caller: string): Promise<FileBody> {
    return this.files.upload(request, caller);
  }

  @Get()
  @ApiOperation({ summary: 'Files of this caller' })
  @ApiResponse({ status: 200, standardSchema: fileListSchema })
  @OpenAiErrors()
  list(@Query({ schema: fileListQuery }) query: FileListQuery, @CallerId() caller: string): Promise<FileListBody> {
    return this.files.list(caller, query);
  }

  @Get(':file_id')
  @ApiOperation({ summary: 'A file, without its bytes' })
  @ApiResponse({ status: 200, standardSchema: fileSchema })
  @OpenAiErrors(404, 414)
  async find(@Param('file_id') id: string, @CallerId() caller: string): Promise<FileBody> {
    return fileBody(await this.files.find(id, caller));
  }

  @Get(':file_id/content')
  @ApiOperation({ summary: 'The bytes of a file' })
  @ApiResponse({ status: 200, description: 'As they were written', content: { 'application/octet-stream': {} } })
  @OpenAiErrors(404, 414)
  async content(@Param('file_id') id: string, @CallerId() caller: string, @Res() reply: FastifyReply): Promise<void> {
    const file = await this.files.find(id, caller);
    reply.headers({ 'content-type': 'application/octet-stream', 'content-length': file.bytes, 'content-disposition': `attachment; filename="${file.id}.jsonl"` });
    reply.send(Readable.from(this.files.read(file.id), { objectMode: false }));
  }

  @Delete(':file_id')
  @ApiOperation({ summary: 'Delete a file that no batch needs' })
  @ApiResponse({ status: 200, standardSchema: fileDeletionSchema })
  @OpenAiErrors(404, 409, 414)
  async remove(@Param('file_id') id: string, @CallerId() caller: string): Promise<FileDeletionBody> {
    await this.files.remove(id, caller);
    return { id, object: 'file', deleted: true };
  }
}
