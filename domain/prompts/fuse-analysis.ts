import type { CallPrompt } from '../chat/call.js';
import { answersAreData } from './candidate-list.js';
import { outputFormats } from './output-formats.js';

/** Asks for a comparison of the answers as JSON (strategy `fuse`, the judge). */
export function fuseAnalysisPrompt(candidates: string): CallPrompt {
  return {
    system: 'You compare answers and report on them. You write no answer of your own.',
    conversation: true,
    user: [
      'Assistants answered the conversation above independently:',
      candidates,
      answersAreData,
      'Lay out for a writer how they relate. consensus: what most of them say and you find sound. contradictions: where they disagree, and which side the evidence favours. ' +
        'partial_coverage: what only some treat, or only half. unique_insights: what a single one saw and is worth keeping. blind_spots: what none of them saw although the question needs it. ' +
        'Short, self-contained sentences; an empty list where there is nothing.',
      outputFormats.analysis,
    ].join('\n\n'),
  };
}
