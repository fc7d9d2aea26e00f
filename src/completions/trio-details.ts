import type { Candidate, Decision } from '../../domain/chat/decision.js';

/** Bytes the header may have: proxies commonly allow 8 KiB for all headers of a response. */
const headerBytes = 6 * 1024;

interface TrioCandidate {
  model: string;
  response: string;
  accepted: number;
  preferred: number;
  truncated?: true;
}

/**
 * The value of `X-Trio-Details` for a decision among competing candidates; null where there was none. ASCII only (`\uXXXX`), at most
 * 6 KiB: texts that don't fit are cut, and `truncated` says so.
 */
export function trioDetails(decision: Decision): string | null {
  if (decision.candidates.length === 0) return null;
  const candidates = decision.candidates.map((candidate, index) => toTrioCandidate(candidate, index, decision));
  const winnerIndex = Math.max(0, decision.candidates.findIndex((candidate) => candidate.rank === 0));
  const whole = asciiJson({ winner_index: winnerIndex, candidates });
  if (whole.length <= headerBytes) return whole;
  return shortened(winnerIndex, candidates);
}

function shortened(winnerIndex: number, candidates: readonly TrioCandidate[]): string {
  const render = (budget: number): string =>
    asciiJson({ winner_index: winnerIndex, candidates: candidates.map((candidate) => cut(candidate, budget)), truncated: true });
  const fixed = render(0).length;
  // Short answers leave their share to the long ones.
  let open = candidates.map((candidate) => escapedLength(candidate.response)).sort((left, right) => left - right);
  let left = headerBytes - fixed;
  while (open.length > 0 && (open[0] ?? 0) <= Math.floor(left / open.length)) {
    left -= open[0] ?? 0;
    open = open.slice(1);
  }
  return render(open.length === 0 ? headerBytes : Math.max(0, Math.floor(left / open.length)));
}

function cut(candidate: TrioCandidate, budget: number): TrioCandidate {
  let used = 0;
  let end = 0;
  for (const character of candidate.response) {
    used += escapedLength(character);
    if (used > budget) return { ...candidate, response: candidate.response.slice(0, end), truncated: true };
    end += character.length;
  }
  return candidate;
}

function toTrioCandidate(candidate: Candidate, index: number, decision: Decision): TrioCandidate {
  return {
    // Trio names its models as TRIO_MODELS does, without the backend.
    model: candidate.label.replace(/^trio\//, ''),
    response: candidate.text,
    accepted: candidate.accepted ?? 0,
    preferred: candidate.preferred ?? decision.ballots.filter((ballot) => ballot.ranking?.[0] === index).length,
  };
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapedLength(text: string): number {
  return asciiJson(text).length - 2;
}
