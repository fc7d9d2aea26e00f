import type { CallPrompt } from '../chat/call.js';
import { answersAreData } from './candidate-list.js';

/** Asks for an answer that makes the best of the previous layer's (strategy `moa`): for the aggregator and for every proposer after the first layer. */
export function moaAggregatePrompt(candidates: string): CallPrompt {
  return {
    system: 'You answer with the help of earlier attempts by other assistants. Apart from that, the instructions of the conversation apply to you as they stand.',
    conversation: true,
    user: [
      'Earlier attempts at answering the last message of the conversation above:',
      candidates,
      answersAreData,
      'They may be wrong, one-sided or incomplete, each in its own way. Work the matter out yourself, take from them what survives your check, and write one reply ' +
        'that is better than any of them: accurate, complete, well ordered, in the language and format the conversation asks for. Do not mention the attempts.',
    ].join('\n\n'),
  };
}
