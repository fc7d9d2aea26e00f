import type { Sampling } from '../../domain/chat/chat-request.js';
import type { MemberInput } from '../../domain/chat/conclave-extensions.js';
import type { MemberPlan } from '../../domain/chat/plan.js';
import type { NamedSeats } from './panel-parameters.js';
import { parseModelName } from './parse-model-name.js';
import { invalid } from './plan-fault.js';
import type { PlanScope } from './plan-scope.js';
import { resolveModel } from './resolve-model.js';

/** The members a list of seats means: `samples` of a seat are that many members. `size` cuts the list; the configured maximum refuses it. */
export function planSeats(named: NamedSeats, scope: PlanScope, options: { size?: number; trioBackend: boolean }): MemberPlan[] {
  const limit = scope.settings.file.limits.max_members;
  const seats = named.seats
    .flatMap((seat, position) => Array.from({ length: typeof seat === 'string' ? 1 : (seat.samples ?? 1) }, () => ({ seat, position })))
    .slice(0, options.size);
  if (seats.length > limit)
    throw invalid(named.param, `'${named.param}' asks for ${String(seats.length)} members; at most ${String(limit)} are allowed. An operator may raise limits.max_members in conclave.yaml, to 16 at most.`);
  return seats.map(({ seat, position }, index) => planSeat(seat, { ...scope, param: named.listed ? `${named.param}.${String(position)}` : named.param }, { index, trioBackend: options.trioBackend }));
}

/** Like `planSeats` for chairmen and aggregators, which must be single models; the chain has as many links as a panel may have seats. */
export function planChairmen(named: NamedSeats, scope: PlanScope): MemberPlan[] {
  const limit = scope.settings.file.limits.max_members;
  if (named.seats.length > limit) throw invalid(named.param, `'${named.param}' is a chain of ${String(named.seats.length)} models; at most ${String(limit)} are allowed.`);
  return named.seats.map((seat) => {
    const member = planSeat(seat, { ...scope, param: named.param }, { index: 0, trioBackend: false });
    if (member.kind === 'panel') throw invalid(named.param, `'${member.label}' is a panel. A chairman or aggregator must be one model.`);
    return member;
  });
}

// Each nested panel has a seed of its own, derived from the completion's: two seats of one panel must not draw the same orders.
function planSeat(seat: MemberInput, scope: PlanScope, options: { index: number; trioBackend: boolean }): MemberPlan {
  const name = seatName(seat);
  const sampling = typeof seat === 'string' ? {} : samplingOf(seat);
  const own = Object.keys(sampling).length === 0 ? {} : { sampling };
  if (parseModelName(name).kind !== 'model') {
    const seed = (scope.seed + 7_919 * (options.index + 1)) % 2 ** 31;
    return { kind: 'panel', label: name, ...own, plan: scope.planNested(name, { ...scope, seed }) };
  }
  const model = resolveModel(name, { param: scope.param, trioBackend: options.trioBackend }, scope.directory);
  const acceptsImages = scope.directory.acceptsImages(model.provider, model.model);
  return { kind: 'model', label: `${model.provider}/${model.model}`, model, ...own, ...(acceptsImages !== null && { acceptsImages }) };
}

/** The model name in a seat. */
export function seatName(seat: MemberInput): string {
  return typeof seat === 'string' ? seat : seat.model;
}

function samplingOf(seat: Exclude<MemberInput, string>): Sampling {
  const { temperature, max_tokens: maxOutputTokens, reasoning_effort: reasoningEffort } = seat;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(reasoningEffort !== undefined && { reasoningEffort }),
  };
}
