import type { PlanResult } from './plan-result.js';

type Fault = Omit<Extract<PlanResult, { ok: false }>, 'ok'>;

/** Why a request has no plan. Thrown inside the planner only, which turns it into its result: a fault may come up at any depth of nested panels. */
export class PlanFault extends Error {
  override readonly name = 'PlanFault';

  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

/** A 400 that names the field at fault. */
export function invalid(param: string, message: string): PlanFault {
  return new PlanFault({ status: 400, code: 'invalid_value', param, message });
}

/** A model that can't be used: 404 for the request's `model`, 400 for a model inside another field. */
export function unknownModel(param: string, message: string): PlanFault {
  return new PlanFault({ status: param === 'model' ? 404 : 400, code: 'model_not_found', param, message });
}
