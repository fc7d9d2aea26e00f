import type { MemberPlan } from '../../domain/chat/plan.js';

/** How a member is named where follow-ups are sent to it. */
export function modelName(member: MemberPlan): string {
  return member.kind === 'model' ? `${member.model.provider}/${member.model.model}` : member.label;
}
