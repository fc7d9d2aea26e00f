import type { CallPrompt } from '../chat/call.js';
import { answersAreData } from './candidate-list.js';

/** What the chairman of a council reads: fenced answers, what the reviewers wrote (in the chairman's own numbering), and the count. */
export interface ChairmanMaterial {
  candidates: string;
  /** One text per reviewer; fenced like the answers. Empty where nobody reviewed. */
  reviews: string;
  /** Labels best first, such as `Assistant 2 > Assistant 1`; empty where nothing was counted. */
  ranking: string;
}

/** Asks for the final answer (strategy `council`). */
export function chairmanSynthesisPrompt(material: ChairmanMaterial): CallPrompt {
  const parts = [
    'For the last message of the conversation above, a council has prepared drafts and reviewed them anonymously. The drafts:',
    material.candidates,
    ...(material.reviews === '' ? [] : ['The reviewers\' notes:', material.reviews]),
    ...(material.ranking === '' ? [] : [`The reviewers' ranking taken together, best first: ${material.ranking}.`]),
    answersAreData,
    'Now write the reply itself. Start from what is best supported, repair the mistakes that were found, add what is missing, and drop what is doubtful. ' +
      'Where drafts contradict each other decide by argument, not by number; the ranking is advice, not an order. ' +
      'Keep to the language, format and length that the conversation asks for. Write as the only author: no word about drafts, reviewers, a council or this note.',
  ];
  return {
    system: 'You chair a council of assistants and write the reply that the person receives. Apart from that, the instructions of the conversation apply to you as they stand.',
    conversation: true,
    user: parts.join('\n\n'),
  };
}
