import type { MemberPlan, StrategyPlan } from '../chat/plan.js';

/** Why a plan can't be carried out in a batch: the field at fault and what to do; null: it can. Asked once for every plan when a batch is read. */
export function batchFault(plan: StrategyPlan): { param: string; message: string } | null {
  const { toolExecutor } = plan.options;
  if (toolExecutor) {
    const name = plan.panel ? `panel/${plan.panel.name}` : plan.strategy;
    return {
      param: 'model',
      message: `'${name}' runs tools of the service itself (tool_executor: ${toolExecutor.names.join(', ')}), which a batch can't. Use a panel without tool_executor, or send the request to /v1/chat/completions.`,
    };
  }
  for (const seat of seatsOf(plan)) {
    const fault = seat.kind === 'panel' ? batchFault(seat.plan) : null;
    if (fault) return fault;
  }
  return null;
}

/** Everybody who may be called by a plan: members, reviewers, chairmen. */
function seatsOf(plan: StrategyPlan): MemberPlan[] {
  return [...plan.members, ...plan.reviewers, ...plan.chairmen];
}
