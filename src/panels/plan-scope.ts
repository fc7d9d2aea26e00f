import type { MemberInput } from '../../domain/chat/conclave-extensions.js';
import type { StrategyOptions, StrategyPlan } from '../../domain/chat/plan.js';
import type { ConclaveFile } from '../config/conclave-file.schema.js';
import type { ModelDirectory } from './model-directory.js';
import type { PlanQuestion } from './plan-result.js';

/** What the planner takes from the configuration and the registry; as it is at the time of the request. */
export interface PlannerSettings {
  file: Pick<ConclaveFile, 'panels' | 'default_panel' | 'limits' | 'default_tool_executor'>;
  /** Versions of stored panels; a panel that is not in it has version 0 (not stored yet). */
  panelVersions: ReadonlyMap<string, number>;
  /** Members of the built-in default panel and of panels that name none. */
  defaultMembers: MemberInput[];
  trioModels: string[];
  trioTimeoutMs: number;
  /** Whether the simulated provider answers for this one. */
  isSimulated: (provider: string) => boolean;
}

/** What planning hands down to nested panels: the names on the way here, and what the whole completion shares. */
export interface PlanScope {
  settings: PlannerSettings;
  directory: ModelDirectory;
  question: PlanQuestion;
  seed: number;
  /** Panels on the way from the outermost one to here; empty for the request itself. */
  trail: string[];
  /** Field of the request that led here, for faults. */
  param: string;
  /** Milliseconds the holding panel has: a nested one has no more. */
  deadlineMs: number;
  /** Of the outermost panel: nested ones run the same tools. Missing: nothing is decided yet. */
  toolExecutor?: StrategyOptions['toolExecutor'];
  /** Plans a panel that a seat names. */
  planNested(name: string, scope: PlanScope): StrategyPlan;
}
