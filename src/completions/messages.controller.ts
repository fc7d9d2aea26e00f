import { Body, Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { estimateTokens } from '../../domain/chat/estimate-tokens.js';
import { CallerId } from '../keys/caller.js';
import { AnswersService } from './answers.service.js';
import { anthropicConversation, anthropicToChatRequest } from './anthropic-to-chat-request.js';
import { DescribesCompletion, DescribesStoredCompletion, DescribesTokenCount } from './completion-docs.js';
import { CompletionsService } from './completions.service.js';
import { countTokensBody, messageBody, type CountTokensBody, type MessageBody } from './message.dto.js';
import { requestClaim } from './request-claim.js';
import { checkAnthropicVersion } from './anthropic-version.js';

const tokenCount = z.object({ input_tokens: z.int().min(0) }).meta({ id: 'TokenCount' });

/** Anthropic's messages, answered by a panel. */
@ApiTags('completions')
@Controller(['v1/messages', 'anthropic/v1/messages'])
export class MessagesController {
  constructor(
    private readonly completions: CompletionsService,
    private readonly answers: AnswersService,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Ask a panel, in the form of Anthropic' })
  @DescribesCompletion('anthropic')
  async create(@Body({ schema: messageBody }) body: MessageBody, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    checkAnthropicVersion(request.headers['anthropic-version']);
    const asked = this.completions.understand(body.model, () => anthropicToChatRequest(body));
    const begun = await this.completions.begin(asked, requestClaim(request));
    await this.answers.send(begun, request, reply);
  }

  @Post('count_tokens')
  @HttpCode(200)
  @ApiOperation({
    summary: 'About how many input tokens a conversation has',
    description: 'An estimate that belongs to no provider: four UTF-8 bytes a token, four tokens a message, 1,500 an image. What a panel is charged depends on its members.',
  })
  @ApiResponse({ status: 200, standardSchema: tokenCount })
  @DescribesTokenCount()
  countTokens(@Body({ schema: countTokensBody }) body: CountTokensBody, @Req() request: FastifyRequest): z.infer<typeof tokenCount> {
    checkAnthropicVersion(request.headers['anthropic-version']);
    return { input_tokens: estimateTokens(this.completions.understand(body.model, () => anthropicConversation(body))) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'A completion by its id, running or ended' })
  @DescribesStoredCompletion('anthropic')
  async find(@Param('id') id: string, @CallerId() caller: string, @Res() reply: FastifyReply): Promise<void> {
    this.answers.sendRecord(await this.completions.read(id, caller), 'anthropic', reply);
  }
}
