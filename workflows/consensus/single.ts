import { askMember, keyOf } from './ask-member.js';
import { callFailed, deadlineFailure } from './completion-failures.js';
import { plainDecision } from './decisions.js';
import { modelName } from './model-name.js';
import { memberAt, toChoice } from './propose.js';
import { isOutOfTime, runStage } from './run-stage.js';
import type { Strategy, StrategyCall } from './strategy.js';

/** One durable call to one model: the request passes through as it is. */
export const single: Strategy = {
  name: 'single',
  competing: false,
  calls: (plan) => [{ stage: 'answer', calls: 1, members: plan.members.slice(0, 1) }],
  async run(plan, context) {
    const member = memberAt(plan, 0);
    const call: StrategyCall = {
      stage: 'answer',
      member,
      memberIndex: 0,
      of: 1,
      prompt: { conversation: true },
      sampling: 'client',
      tools: plan.options.tools !== 'none',
      responseFormat: 'client',
      final: true,
    };
    const stage = await runStage({
      context,
      stage: 'answer',
      quorum: 1,
      grace: plan.options.grace,
      deadlineAt: context.deadlineAt,
      seats: [{ member, start: () => askMember(context, call) }],
    });
    const answer = stage.answers[0]?.value;
    const end = { missing: stage.missing, stageReached: null };
    if (!answer) return isOutOfTime(context, stage) ? deadlineFailure(end) : callFailed(end);
    const decision = plainDecision({
      choices: [toChoice(answer)],
      source: 'single',
      finalKeys: [keyOf(call)],
      actingModel: answer.actingModel ?? modelName(member),
      missing: [],
      stageReached: 'answer',
    });
    return { ok: true, decision };
  },
};
