import { seededUnit } from '../seeded-hash.js';
import { keywordsOf } from './paragraph.js';
import { isRight, type Solution } from './solve.js';

/** A candidate with what a simulated reviewer thinks of it: `merit` in [0, 1]. */
export interface JudgedCandidate {
  label: string;
  text: string;
  merit: number;
  /** Whether the reviewer holds it for right; judged by a skilled one on the truth, where there is one. */
  accepted: boolean;
}

/**
 * Judges answers as a reviewer of this skill would: right ones first where the truth is known, else those that keep to the question and to what the
 * others say; with taste in place of reason the less skilled it is. Depends on texts, never on labels or their order. Same order as given.
 */
export function judgeCandidates(input: {
  candidates: { label: string; text: string }[];
  question: string;
  solution: Solution | null;
  skill: number;
  reviewer: string;
}): JudgedCandidate[] {
  const keywords = keywordsOf(input.question, 12);
  return input.candidates.map((candidate) => {
    const reason = input.solution ? (isRight(candidate.text, input.solution) ? 1 : 0.15) : relevance(candidate.text, keywords, input.candidates);
    const taste = seededUnit('taste', input.reviewer, candidate.text);
    const slips = seededUnit('slip', input.reviewer, input.question, candidate.text) >= input.skill;
    const merit = (slips ? 0.35 : 0.8) * reason + (slips ? 0.65 : 0.2) * taste;
    return { ...candidate, merit, accepted: candidate.text.trim() !== '' && merit >= 0.45 };
  });
}

/** The judged candidates, best first; equal merit is ordered by text, so that labels never decide. */
export function bestFirst(judged: JudgedCandidate[]): JudgedCandidate[] {
  return [...judged].sort((left, right) => right.merit - left.merit || (left.text < right.text ? -1 : left.text > right.text ? 1 : 0));
}

function relevance(text: string, keywords: string[], candidates: { text: string }[]): number {
  const lower = text.toLowerCase();
  const onTopic = keywords.length === 0 ? 1 : keywords.filter((word) => lower.includes(word)).length / keywords.length;
  const longest = Math.max(1, ...candidates.map((candidate) => candidate.text.length));
  return 0.3 + 0.5 * onTopic + 0.2 * (text.length / longest);
}
