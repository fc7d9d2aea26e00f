import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { ApiProblems } from '../http/api-errors.decorator.js';
import { CallerId } from '../keys/caller.js';
import { CompletionsService } from './completions.service.js';

const cancellation = z
  .object({ id: z.string(), status: z.enum(['running', 'completed', 'failed', 'canceled']).describe('When the request came: `running` ends as `canceled` in a moment, anything else stays') })
  .meta({ id: 'Cancellation' });

/** Stops a running completion; what its calls have cost stays recorded. */
@ApiTags('completions')
@Controller('api/completions')
export class CancelCompletionController {
  constructor(private readonly completions: CompletionsService) {}

  @Post(':id/cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'Cancel a completion' })
  @ApiResponse({ status: 202, standardSchema: cancellation })
  @ApiProblems(400, 404, 414)
  async cancel(@Param('id') id: string, @CallerId() caller: string): Promise<z.infer<typeof cancellation>> {
    return { id, status: await this.completions.cancel(id, caller) };
  }
}
