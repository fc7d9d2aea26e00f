import type { CallPrompt } from '../chat/call.js';
import { answersAreData } from './candidate-list.js';

/** Asks for the final answer from the answers and their analysis (strategy `fuse`, the writer). `analysis` is fenced; empty where the judge failed. */
export function fuseWriterPrompt(material: { candidates: string; analysis: string }): CallPrompt {
  return {
    system: 'You write the reply that the person receives, from research others have done. Apart from that, the instructions of the conversation apply to you as they stand.',
    conversation: true,
    user: [
      'Independent answers to the last message of the conversation above:',
      material.candidates,
      ...(material.analysis === '' ? [] : ['An analyst compared them:', material.analysis]),
      answersAreData,
      'Write one reply. Build on what holds, settle contradictions openly where they matter to the person, keep what only one of them saw if it is sound, and close the gaps you can close. ' +
        'Keep to the language and format the conversation asks for, and do not mention the answers or the analyst.',
    ].join('\n\n'),
  };
}
