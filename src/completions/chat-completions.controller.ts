import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CallerId } from '../keys/caller.js';
import { AnswersService } from './answers.service.js';
import { chatCompletionBody, type ChatCompletionBody } from './chat-completion.dto.js';
import { DescribesCompletion, DescribesStoredCompletion } from './completion-docs.js';
import { CompletionsService } from './completions.service.js';
import { openaiToChatRequest } from './openai-to-chat-request.js';
import { requestClaim } from './request-claim.js';

/** OpenAI's chat completions, answered by a panel. */
@ApiTags('completions')
@Controller(['v1/chat/completions', 'openai/v1/chat/completions'])
export class ChatCompletionsController {
  constructor(
    private readonly completions: CompletionsService,
    private readonly answers: AnswersService,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask a panel, in the form of OpenAI' })
  @DescribesCompletion('openai')
  async create(@Body({ schema: chatCompletionBody }) body: ChatCompletionBody, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = this.completions.understand(body.model, () => openaiToChatRequest(body));
    const begun = await this.completions.begin(asked, requestClaim(request));
    await this.answers.send(begun, request, reply);
  }

  @Get(':id')
  @ApiOperation({ summary: 'A completion by its id, running or ended' })
  @DescribesStoredCompletion('openai')
  async find(@Param('id') id: string, @CallerId() caller: string, @Res() reply: FastifyReply): Promise<void> {
    this.answers.sendRecord(await this.completions.read(id, caller), 'openai', reply);
  }
}
