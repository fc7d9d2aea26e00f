import { parseAnalysis } from '../../domain/ballots/parse-analysis.js';
import { seededRandom, shuffled } from '../../domain/ballots/seeded-random.js';
import { candidateList, fenceFor } from '../../domain/prompts/candidate-list.js';
import { fuseAnalysisPrompt } from '../../domain/prompts/fuse-analysis.js';
import { fuseWriterPrompt } from '../../domain/prompts/fuse-writer.js';
import { candidateBlock } from '../../domain/prompts/output-formats.js';
import { askChairman } from './ask-chairman.js';
import { firstProposals, plainDecision, toCandidates } from './decisions.js';
import { drawSalt } from './draw-salt.js';
import { modelName } from './model-name.js';
import { propose } from './propose.js';
import type { Strategy } from './strategy.js';

/** Share of the time left after the proposals that the analysis may take; the rest is the writer's. */
const analysisShare = 0.5;

/** Everybody answers, a judge lays out how the answers relate, a writer answers from both. Without a judge the writer works from the answers alone. */
export const fuse: Strategy = {
  name: 'fuse',
  competing: false,
  calls: (plan) => [
    { stage: 'propose', calls: plan.members.length, members: plan.members },
    { stage: 'judge', calls: 1, members: plan.chairmen.slice(0, 1) },
    { stage: 'aggregate', calls: 1, members: plan.chairmen.slice(0, 1) },
  ],
  async run(plan, context) {
    const salt = drawSalt(context);
    const first = await propose({ plan, context, deadlineAt: context.deadlineAt });
    if (first.state === 'failed') return first.outcome;
    const { proposals } = first;
    if (first.state === 'late') return firstProposals({ proposals, n: 1, missing: first.missing, stageReached: 'propose' });
    const eligible = proposals.filter((proposal) => proposal.isEligible);
    const shown = eligible.length > 0 ? eligible : proposals;
    // Judge and writer see one order, so that "Assistant 2" in the analysis is the writer's too.
    const ordered = plan.options.order === 'fixed' ? shown : shuffled(shown, seededRandom(plan.options.seed, 'fuse'));
    const texts = ordered.map((proposal) => proposal.shown);
    const now = context.now();
    const judged = await askChairman({
      plan,
      context,
      stage: 'judge',
      prompt: fuseAnalysisPrompt(candidateList({ texts, salt, purpose: 'judge' })),
      salt,
      isFinal: false,
      accept: (text) => parseAnalysis(text) !== null,
      deadlineAt: now + Math.round((context.deadlineAt - now) * analysisShare),
    });
    const analysis = judged.answer ? (parseAnalysis(judged.answer.choice.text) ?? '') : '';
    const fence = fenceFor({ texts: [analysis], salt, purpose: 'analysis' });
    const prompt = fuseWriterPrompt({
      candidates: candidateList({ texts, salt, purpose: 'writer' }),
      analysis: analysis === '' ? '' : candidateBlock('Analysis', analysis, fence),
    });
    const written = await askChairman({ plan, context, stage: 'aggregate', prompt, salt, isFinal: true, deadlineAt: context.deadlineAt });
    const missing = [...first.missing, ...judged.missing, ...written.missing];
    const { answer } = written;
    if (!answer) return firstProposals({ proposals, n: 1, missing, stageReached: judged.answer ? 'judge' : 'propose' });
    const decision = plainDecision({ choices: [answer.choice], source: 'synthesis', finalKeys: answer.keys, actingModel: modelName(answer.member), missing, stageReached: 'aggregate' });
    return { ok: true, decision: { ...decision, candidates: toCandidates(proposals, proposals, null), statistics: { analysed: judged.answer ? 1 : 0 } } };
  },
};
