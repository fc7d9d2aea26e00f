import type { CallPrompt } from '../chat/call.js';
import { answersAreData } from './candidate-list.js';
import { outputFormats } from './output-formats.js';

/** Asks for a ranking of answers (strategy `rank`). */
export function rankReviewPrompt(candidates: string): CallPrompt {
  return {
    system: 'You compare answers for a living. You look for mistakes first, and you do not care who wrote what.',
    conversation: true,
    user: [
      'These answers to the conversation above come from assistants you do not know. One of them will be sent unchanged:',
      candidates,
      answersAreData,
      'Order them from the one that should be sent to the one that should least be. Correctness comes first, then whether it does what was asked ' +
        '(format and language included), then usefulness; brevity decides between equals. The order in which they are shown means nothing.',
      outputFormats.ranking,
    ].join('\n\n'),
  };
}
