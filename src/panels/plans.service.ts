import { randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { ModelReference } from '../../domain/chat/call.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { strategies } from '../../workflows/consensus/registry.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { ModelsService } from '../models/models.service.js';
import { ProvidersService } from '../providers/providers.service.js';
import { assumedTokens, estimateCost, type AssumedTokens, type CostEstimate } from './estimate-cost.js';
import type { ModelDirectory } from './model-directory.js';
import { planCompletion } from './plan-completion.js';
import type { PlanQuestion, PlanResult } from './plan-result.js';
import type { PlannerSettings } from './plan-scope.js';
import { defaultMembers, modelDirectory } from './registry-directory.js';

/** Turns a request's model name and parameters into the plan its workflow runs. No I/O: everything is in memory. */
@Injectable()
export class PlansService {
  readonly directory: ModelDirectory;
  private readonly settings: Omit<PlannerSettings, 'defaultMembers'>;
  private readonly versions = new Map<string, number>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly providers: ProvidersService,
    private readonly models: ModelsService,
  ) {
    this.directory = modelDirectory(config, providers, models);
    this.settings = {
      file: config.file,
      panelVersions: this.versions,
      trioModels: config.environment.TRIO_MODELS.split(',').map((name) => name.trim()).filter((name) => name !== ''),
      trioTimeoutMs: config.environment.TRIO_TIMEOUT * 1_000,
      isSimulated: (provider) => providers.isSimulated(provider),
    };
  }

  /** The plan, or which field stands in its way. The seed is drawn here unless the request names one. */
  plan(question: PlanQuestion): PlanResult {
    return planCompletion(question, { settings: this.currentSettings(), directory: this.directory, randomSeed: randomInt(2 ** 31) });
  }

  /** The plan of a bare model name with every default: for previews. */
  preview(model: string): PlanResult {
    const question = { model, extensions: { parameters: {}, options: {} }, n: 1, seed: 0, hasTools: false, jsonSchema: null };
    return planCompletion(question, { settings: this.currentSettings(), directory: this.directory, randomSeed: 0 });
  }

  /** What an undisturbed run of the plan takes, at today's prices; `known` replaces what is assumed of a request. */
  estimate(plan: StrategyPlan, known: { mode?: BatchMode; tokens?: Partial<AssumedTokens> } = {}): CostEstimate {
    const price = ({ provider, model }: ModelReference) => this.models.price(provider, model, known.mode);
    return estimateCost(plan, (nested) => strategies[nested.strategy].calls(nested), price, { ...assumedTokens, ...known.tokens });
  }

  /** Faults of stored panels, TRIO_MODELS and default models that show only against the registry; one line each. */
  faults(): string[] {
    const panels = ['trio', ...Object.keys(this.config.file.panels).map((name) => `panel/${name}`)].flatMap((name) => {
      const result = this.preview(name);
      return result.ok ? [] : [`'${name}' can't be used: ${result.message}`];
    });
    const strangers = Object.keys(this.config.file.default_models).filter((name) => this.providers.resolveAlias(name) === null);
    return [...panels, ...strangers.map((name) => `default_models names '${name}', which is not a provider. Known are: ${this.providers.names().join(', ')}.`)];
  }

  // Default models may be disabled, or set anew, at any time.
  private currentSettings(): PlannerSettings {
    return { ...this.settings, defaultMembers: defaultMembers(this.config, this.providers, this.models) };
  }

  /** Takes over the versions under which the panels are stored. */
  setPanelVersions(versions: ReadonlyMap<string, number>): void {
    for (const [name, version] of versions) this.versions.set(name, version);
  }
}
