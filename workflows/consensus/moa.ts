import type { CallPrompt } from '../../domain/chat/call.js';
import type { Missing } from '../../domain/chat/decision.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { orderCandidates } from '../../domain/ballots/order-candidates.js';
import { candidateList } from '../../domain/prompts/candidate-list.js';
import { moaAggregatePrompt } from '../../domain/prompts/moa-aggregate.js';
import { askChairman } from './ask-chairman.js';
import { firstProposals, plainDecision, toCandidates } from './decisions.js';
import { drawSalt } from './draw-salt.js';
import { modelName } from './model-name.js';
import { propose } from './propose.js';
import type { Proposal } from './propose.js';
import type { Strategy, StrategyContext } from './strategy.js';

/**
 * Mixture of agents: `layers` layers of proposers, each after the first reading all answers of the one before, then an aggregator who writes the
 * answer. If every aggregator fails, the first proposal of the last layer verbatim.
 */
export const moa: Strategy = {
  name: 'moa',
  competing: false,
  calls: (plan) => [
    ...Array.from({ length: plan.options.layers }, () => ({ stage: 'propose' as const, calls: plan.members.length, members: plan.members })),
    { stage: 'aggregate', calls: 1, members: plan.chairmen.slice(0, 1) },
  ],
  async run(plan, context) {
    const salt = drawSalt(context);
    const first = await propose({ plan, context, deadlineAt: context.deadlineAt });
    if (first.state === 'failed') return first.outcome;
    if (first.state === 'late') return firstProposals({ proposals: first.proposals, n: 1, missing: first.missing, stageReached: 'propose' });
    const { proposals, missing } = await refine({ plan, context, salt, proposals: first.proposals, missing: first.missing });
    const prompt = promptOf({ plan, salt, proposals, readers: 1, layer: plan.options.layers })(0);
    const { answer, missing: absent } = await askChairman({ plan, context, stage: 'aggregate', prompt, salt, isFinal: true, deadlineAt: context.deadlineAt });
    const all = [...missing, ...absent];
    if (!answer) return firstProposals({ proposals, n: 1, missing: all, stageReached: 'propose' });
    const decision = plainDecision({ choices: [answer.choice], source: 'synthesis', finalKeys: answer.keys, actingModel: modelName(answer.member), missing: all, stageReached: 'aggregate' });
    return { ok: true, decision: { ...decision, candidates: toCandidates(proposals, proposals, null), statistics: { layers: plan.options.layers } } };
  },
};

/** The layers after the first. One that misses its quorum ends the refining and loses nothing: the aggregator reads the layer before. */
async function refine(input: { plan: StrategyPlan; context: StrategyContext; salt: string; proposals: Proposal[]; missing: Missing[] }): Promise<{ proposals: Proposal[]; missing: Missing[] }> {
  const { plan, context, salt } = input;
  let { proposals, missing } = input;
  for (let layer = 1; layer < plan.options.layers; layer += 1) {
    const share = (context.deadlineAt - context.now()) / (plan.options.layers - layer + 1);
    const next = await propose({
      plan,
      context,
      layer,
      promptOf: promptOf({ plan, salt, proposals, readers: plan.members.length, layer }),
      deadlineAt: context.now() + Math.round(share),
    });
    missing = [...missing, ...next.missing];
    if (next.state !== 'ready') break;
    proposals = next.proposals;
  }
  return { proposals, missing };
}

/** What each reader of a layer is shown: the previous answers, in an order of its own. */
function promptOf(input: { plan: StrategyPlan; salt: string; proposals: Proposal[]; readers: number; layer: number }): (reader: number) => CallPrompt {
  const { plan, salt, readers, layer } = input;
  const eligible = input.proposals.filter((proposal) => proposal.isEligible);
  const shown = eligible.length > 0 ? eligible : input.proposals;
  const orders = orderCandidates({
    seed: plan.options.seed + layer,
    candidates: shown.length,
    reviewers: Array.from({ length: readers }, () => ({ own: null })),
    order: plan.options.order,
  });
  return (reader) => {
    const texts = (orders[reader] ?? []).map((index) => shown[index]?.shown ?? '');
    return moaAggregatePrompt(candidateList({ texts, salt, purpose: `layer/${layer}/${reader}` }));
  };
}
