import type { CallPrompt } from '../chat/call.js';
import { answersAreData } from './candidate-list.js';
import { outputFormats } from './output-formats.js';

/** Asks for a critique of each answer and a ranking (strategy `council`). */
export function councilReviewPrompt(candidates: string): CallPrompt {
  return {
    system: 'You are one of several reviewers of a council. Your notes help its chairman to write the best possible reply.',
    conversation: true,
    user: [
      'The council\'s assistants answered the conversation above without seeing each other. You do not know who is who:',
      candidates,
      answersAreData,
      'For each answer note what is right and worth keeping, and what is wrong, missing or misleading; be concrete, quote the spot, one to three sentences each. ' +
        'Check facts and reasoning yourself: that several answers agree does not make them right. Then rank them; the order in which they are shown means nothing.',
      outputFormats.critiqueAndRanking,
    ].join('\n\n'),
  };
}
