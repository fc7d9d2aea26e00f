import type { StageName } from '../../domain/chat/call.js';
import type { BallotRecord, Candidate, CompletionOutcome, Decision, Missing } from '../../domain/chat/decision.js';
import { nothingValid } from './completion-failures.js';
import type { Proposal } from './propose.js';

/** What a count says about the candidates it was held on; all lists by candidate index. */
export interface Standing {
  /** Candidate indices, best first. */
  ranking: number[];
  scores?: readonly number[];
  accepted?: readonly number[];
  preferred?: readonly number[];
}

/** A decision with nothing voted on, to be overwritten where something was. */
export function plainDecision(input: Pick<Decision, 'choices' | 'source' | 'finalKeys' | 'actingModel' | 'missing' | 'stageReached'>): Decision {
  return { candidates: [], ballots: [], agreement: null, statistics: {}, degraded: input.missing.length > 0, ...input };
}

/** The candidates as the trace shows them, in the order of the proposals. `voted` are the ones the standing's indices refer to. */
export function toCandidates(proposals: readonly Proposal[], voted: readonly Proposal[], standing: Standing | null): Candidate[] {
  return proposals.map((proposal) => {
    const index = voted.indexOf(proposal);
    const place = standing?.ranking.indexOf(index) ?? -1;
    return {
      label: proposal.member.label,
      key: proposal.key,
      text: proposal.shown,
      eligible: proposal.isEligible,
      ...(standing === null || place === -1
        ? {}
        : {
            rank: place,
            ...(standing.scores ? { score: standing.scores[index] ?? 0 } : {}),
            ...(standing.accepted ? { accepted: standing.accepted[index] ?? 0 } : {}),
            ...(standing.preferred ? { preferred: standing.preferred[index] ?? 0 } : {}),
          }),
    };
  });
}

/** The winners verbatim: the `n` best of a standing. */
export function winnersDecision(input: {
  proposals: readonly Proposal[];
  voted: readonly Proposal[];
  standing: Standing;
  n: number;
  source: Decision['source'];
  ballots: BallotRecord[];
  agreement: number | null;
  statistics: Decision['statistics'];
  missing: Missing[];
  stageReached: StageName;
}): CompletionOutcome {
  const { proposals, voted, standing, n, ...rest } = input;
  const best = standing.ranking.map((index) => voted[index]).filter((proposal) => proposal !== undefined).slice(0, n);
  const winner = best[0];
  if (!winner) return nothingValid({ problem: 'No answer may be returned.', missing: input.missing, stageReached: input.stageReached });
  const decision: Decision = {
    ...rest,
    choices: best.map((proposal) => proposal.choice),
    finalKeys: best.map((proposal) => proposal.key),
    actingModel: winner.actingModel,
    candidates: toCandidates(proposals, voted, standing),
    degraded: input.missing.length > 0 || input.source === 'fallback',
  };
  return { ok: true, decision };
}

/** Where time ran out: the first proposals that may be returned, in the plan's order. */
export function firstProposals(input: { proposals: readonly Proposal[]; n: number; missing: Missing[]; stageReached: StageName }): CompletionOutcome {
  const voted = input.proposals.filter((proposal) => proposal.isEligible);
  if (voted.length === 0) return noValidProposal(input);
  const decided = winnersDecision({ ...input, voted, standing: { ranking: voted.map((_, index) => index) }, source: 'fallback', ballots: [], agreement: null, statistics: {} });
  return decided.ok ? { ok: true, decision: { ...decided.decision, candidates: toCandidates(input.proposals, voted, null) } } : decided;
}

export function noValidProposal(input: { proposals: readonly Proposal[]; missing: Missing[]; stageReached: StageName }): CompletionOutcome {
  return nothingValid({ problem: `None of ${input.proposals.length} answers follows the JSON schema of the request.`, missing: input.missing, stageReached: input.stageReached });
}
