import type { ConclaveExtensions } from '../../domain/chat/conclave-extensions.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';

/** What the planner needs to know of a request besides the model's name. */
export interface PlanQuestion {
  /** As the client wrote it: `trio`, `gremium-consensus`, `composite/council/gpt-4o`, `panel/fast`, `openai/gpt-4o-mini`. */
  model: string;
  extensions: ConclaveExtensions;
  /** The client's `n`. */
  n: number;
  /** OpenAI's top-level `seed`, used where `conclave.seed` is missing. */
  seed?: number;
  hasTools: boolean;
  /** The client's JSON schema, if its response format is one. */
  jsonSchema: Record<string, unknown> | null;
}

/** A plan, or why there is none: `param` is the request field at fault (`model`, `conclave.members.0`, `n`, …). */
export type PlanResult =
  | { ok: true; plan: StrategyPlan; simulated: boolean }
  | { ok: false; status: 400 | 404; code: 'model_not_found' | 'invalid_value'; param: string; message: string };
