import { Module } from '@nestjs/common';
import { PanelsModule } from '../panels/panels.module.js';
import { AnswersService } from './answers.service.js';
import { CancelCompletionController } from './cancel-completion.controller.js';
import { ChatCompletionsController } from './chat-completions.controller.js';
import { CompletionStarter } from './completion-starter.js';
import { CompletionSweep } from './completion-sweep.js';
import { CompletionWaiter } from './completion-waiter.js';
import { CompletionsService } from './completions.service.js';
import { CompletionsStore } from './completions.store.js';
import { MessagesController } from './messages.controller.js';

/** Completions through the endpoints of OpenAI and Anthropic. */
@Module({
  imports: [PanelsModule],
  controllers: [ChatCompletionsController, MessagesController, CancelCompletionController],
  providers: [AnswersService, CompletionStarter, CompletionSweep, CompletionWaiter, CompletionsService, CompletionsStore],
  exports: [CompletionsService],
})
export class CompletionsModule {}
