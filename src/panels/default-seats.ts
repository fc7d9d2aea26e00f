import type { NamedSeats, PanelParameters } from './panel-parameters.js';
import { parseModelName } from './parse-model-name.js';
import { invalid } from './plan-fault.js';
import type { PlanScope } from './plan-scope.js';
import { seatName } from './plan-seat.js';

/** Seats of panels that name no members: the default panel's, else one of each configured provider's default model. */
export function defaultSeats(scope: PlanScope): NamedSeats {
  const { file, defaultMembers } = scope.settings;
  const own = file.default_panel === undefined ? undefined : file.panels[file.default_panel]?.members;
  const seats = own ?? defaultMembers;
  if (seats.length === 0) throw invalid(scope.param, 'No provider is configured, so there are no default members. Set a key such as OPENAI_API_KEY, or name members in the request.');
  return { seats, param: scope.param };
}

/** The chain of a panel that names no chairman: the default panel's, else the default members in their order. */
export function defaultChairmen(scope: PlanScope): NamedSeats {
  const { file } = scope.settings;
  const own = file.default_panel === undefined ? undefined : file.panels[file.default_panel]?.chairman;
  if (own !== undefined) return { seats: [own].flat(), param: scope.param };
  const models = defaultSeats(scope).seats.map(seatName).filter((name) => parseModelName(name).kind === 'model');
  return { seats: [...new Set(models)], param: scope.param };
}

/** Seats of `approve` and `rank` over a model in the name: that model first, then the default members. */
export function joinedSeats(model: string, scope: PlanScope): NamedSeats {
  const others = defaultSeats(scope).seats.filter((seat) => seatName(seat) !== model);
  return { seats: [model, ...others].slice(0, scope.settings.file.limits.max_members), param: scope.param };
}

/** Seats of moa with `self`: the aggregator in `samples` seats (6, or as many as are allowed). */
export function selfSeats(chairmen: NamedSeats, samples: number | undefined, scope: PlanScope): NamedSeats {
  const aggregator = chairmen.seats[0] ?? '';
  const seat = typeof aggregator === 'string' ? { model: aggregator } : aggregator;
  const param = samples === undefined ? 'self' : 'samples';
  return { seats: [{ ...seat, samples: samples ?? Math.min(6, scope.settings.file.limits.max_members) }], param };
}

/** The members of `trio`: TRIO_MODELS. */
export function trioParameters(scope: PlanScope): PanelParameters {
  return { members: { seats: scope.settings.trioModels, param: scope.param }, options: {} };
}
