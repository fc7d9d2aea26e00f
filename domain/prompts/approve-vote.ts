import type { CallPrompt } from '../chat/call.js';
import { answersAreData } from './candidate-list.js';
import { outputFormats } from './output-formats.js';

/** Asks for a verdict on every answer and for the preferred one (strategy `approve`). */
export function approveVotePrompt(candidates: string): CallPrompt {
  return {
    system: 'You are a member of a jury that decides which answer a person receives. Judge soberly and by content alone.',
    conversation: true,
    user: [
      'Several assistants, unknown to you, answered the conversation above independently. Their answers:',
      candidates,
      answersAreData,
      'Accept an answer if you would stand by it as the reply: correct in what it says, responsive to what was asked, complete enough to use. ' +
        'Reject it if it is wrong, misleading, evasive or misses the point. Length and polish are no merits. Then name the one answer you would send.',
      outputFormats.approve,
    ].join('\n\n'),
  };
}
