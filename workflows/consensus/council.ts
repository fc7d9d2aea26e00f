import type { CompletionOutcome, Missing } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { labelAt, relabel } from '../../domain/ballots/labels.js';
import { parseReviewBallot } from '../../domain/ballots/parse-ballot.js';
import type { ReviewBallot } from '../../domain/ballots/parse-ballot.js';
import { seededRandom, shuffled } from '../../domain/ballots/seeded-random.js';
import { effectiveSelfVote } from '../../domain/ballots/self-vote.js';
import { candidateList, fenceFor } from '../../domain/prompts/candidate-list.js';
import { chairmanSynthesisPrompt } from '../../domain/prompts/chairman-synthesis.js';
import { councilReviewPrompt } from '../../domain/prompts/council-review.js';
import { candidateBlock } from '../../domain/prompts/output-formats.js';
import { askChairman } from './ask-chairman.js';
import { castBallots, reviewersOf } from './cast-ballots.js';
import type { CastBallot } from './cast-ballots.js';
import { firstProposals, noValidProposal, plainDecision, toCandidates, winnersDecision } from './decisions.js';
import { drawSalt } from './draw-salt.js';
import { modelName } from './model-name.js';
import { propose } from './propose.js';
import type { Proposal } from './propose.js';
import { rankBallots } from './rank-ballots.js';
import type { RankedBallots } from './rank-ballots.js';
import type { Strategy, StrategyContext } from './strategy.js';

/** Share of the time left after the proposals that reviews may take; the rest is the chairman's. */
const reviewShare = 0.6;

/** First opinions, anonymous cross-review with rankings, and a chairman who writes the answer; if every chairman fails, the ranked winner verbatim. */
export const council: Strategy = {
  name: 'council',
  competing: false,
  calls: (plan) => [
    { stage: 'propose', calls: plan.members.length, members: plan.members },
    { stage: 'review', calls: reviewersOf(plan).length, members: reviewersOf(plan) },
    { stage: 'chairman', calls: 1, members: plan.chairmen.slice(0, 1) },
  ],
  async run(plan, context) {
    const salt = drawSalt(context);
    const first = await propose({ plan, context, deadlineAt: context.deadlineAt });
    if (first.state === 'failed') return first.outcome;
    const { proposals, missing } = first;
    if (first.state === 'late') return firstProposals({ proposals, n: 1, missing, stageReached: 'propose' });
    const eligible = proposals.filter((proposal) => proposal.isEligible);
    const candidates = eligible.length > 0 ? eligible : proposals;
    const now = context.now();
    const deadlineAt = now + Math.round((context.deadlineAt - now) * reviewShare);
    const box = await castBallots<ReviewBallot>({ plan, context, stage: 'review', candidates, salt, promptOf: councilReviewPrompt, parse: parseReviewBallot, deadlineAt, missing });
    if (box.failure) return box.failure;
    const ranked = box.cast.length === 0 ? null : rankBallots({ plan, candidates, cast: box.cast, rejected: box.rejected });
    return conclude({ plan, context, salt, proposals, candidates, cast: box.cast, ranked, missing: box.missing });
  },
};

interface Deliberation {
  plan: StrategyPlan;
  context: StrategyContext;
  salt: string;
  proposals: Proposal[];
  candidates: Proposal[];
  cast: CastBallot<ReviewBallot>[];
  ranked: RankedBallots | null;
  missing: Missing[];
}

async function conclude(deliberation: Deliberation): Promise<CompletionOutcome> {
  const { plan, context, salt, proposals, candidates, ranked } = deliberation;
  const prompt = chairmanPrompt(deliberation);
  const { answer, missing: absent } = await askChairman({ plan, context, stage: 'chairman', prompt, salt, isFinal: true, deadlineAt: context.deadlineAt });
  const missing = [...deliberation.missing, ...absent];
  const explained = { ballots: ranked?.records ?? [], agreement: ranked?.agreement ?? null, statistics: ranked?.statistics ?? {} };
  if (answer) {
    const decision = plainDecision({ choices: [answer.choice], source: 'synthesis', finalKeys: answer.keys, actingModel: modelName(answer.member), missing, stageReached: 'chairman' });
    return { ok: true, decision: { ...decision, ...explained, candidates: toCandidates(proposals, candidates, ranked?.standing ?? null) } };
  }
  const stageReached = ranked ? ('review' as const) : ('propose' as const);
  if (!candidates.some((candidate) => candidate.isEligible)) return noValidProposal({ proposals, missing, stageReached });
  if (!ranked) return firstProposals({ proposals, n: 1, missing, stageReached });
  return winnersDecision({ proposals, voted: candidates, standing: ranked.standing, n: 1, source: 'winner', ...explained, missing, stageReached });
}

/** The chairman reads the candidates in an order of its own, and the reviews in its own numbering. */
function chairmanPrompt(deliberation: Deliberation) {
  const { plan, salt, candidates, cast, ranked } = deliberation;
  const plain = candidates.map((_, index) => index);
  const order = plan.options.order === 'fixed' ? plain : shuffled(plain, seededRandom(plan.options.seed, 'chairman'));
  const isOwnCounted = effectiveSelfVote(plan.options.selfVote, candidates.length) === 'include';
  const reviews = cast.map((review) => reviewText(review, order, isOwnCounted)).filter((text) => text !== '');
  const fence = fenceFor({ texts: reviews, salt, purpose: 'reviews' });
  return chairmanSynthesisPrompt({
    candidates: candidateList({ texts: order.map((candidate) => candidates[candidate]?.shown ?? ''), salt, purpose: 'chairman' }),
    reviews: reviews.map((text, index) => candidateBlock(`Review ${index + 1}`, text, fence)).join('\n\n'),
    ranking: (ranked?.standing.ranking ?? []).map((candidate) => labelAt(order.indexOf(candidate))).join(' > '),
  });
}

function reviewText(review: CastBallot<ReviewBallot>, order: number[], isOwnCounted: boolean): string {
  const positions = review.order.map((candidate) => order.indexOf(candidate));
  return review.ballot.critiques
    .filter((critique) => isOwnCounted || review.order[critique.position] !== review.own)
    .map((critique) => {
      const about = labelAt(positions[critique.position] ?? 0);
      return `${about}. For it: ${relabel(critique.strengths, positions)} Against it: ${relabel(critique.weaknesses, positions)}`;
    })
    .join('\n');
}
