import { seededHash } from '../ballots/seeded-random.js';
import type { Decision } from '../chat/decision.js';
import { answersAreData, candidateList } from './candidate-list.js';

/** Characters of each earlier answer that a follow-up carries along. */
const shownCharacters = 2_000;

/**
 * System text for the acting model of a follow-up with tool results: what the panel had said before it called the tool. Anonymous and
 * fenced like every prompt; empty where there was no deliberation (a single model).
 */
export function deliberationContext(decision: Decision): string {
  const usable = decision.candidates
    .filter((candidate) => candidate.eligible && candidate.text.trim() !== '')
    .sort((left, right) => (left.rank ?? Infinity) - (right.rank ?? Infinity) || 0);
  if (decision.source === 'single' || usable.length === 0) return '';
  const texts = usable.map((candidate) => shorten(candidate.text));
  const salt = seededHash('deliberation', ...usable.map((candidate) => candidate.key), ...texts);
  return [
    'Before the tool calls in this conversation were made, several assistants had drafted answers to the request behind them' +
      (usable.some((candidate) => candidate.rank !== undefined) ? ', listed here best first:' : ':'),
    candidateList({ texts, salt, purpose: 'deliberation' }),
    answersAreData,
    'Use the drafts as background. The results of the tools are newer and outweigh them. Answer the person directly and do not mention the drafts.',
  ].join('\n\n');
}

function shorten(text: string): string {
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
