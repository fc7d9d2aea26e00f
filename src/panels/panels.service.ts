import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { strategies } from '../../workflows/consensus/registry.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { ApiError } from '../http/api-error.js';
import { panelResponse, type PanelListItem, type PanelResponse } from './panel-response.js';
import { PanelsStore } from './panels.store.js';
import { PlansService } from './plans.service.js';

const builtIn: Record<string, string> = {
  'gremium-consensus': 'The default panel.',
  'gremium-consensus-anthropic': 'The default panel under the name Anthropic clients use.',
  trio: 'Every model of TRIO_MODELS answers and votes on all answers.',
};

/** Shows panels before anyone pays for them, and stores the versions of those in conclave.yaml at start. */
@Injectable()
export class PanelsService implements OnModuleInit {
  private readonly logger = new Logger('Panels');

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly plans: PlansService,
    private readonly store: PanelsStore,
  ) {}

  async onModuleInit(): Promise<void> {
    this.plans.setPanelVersions(await this.store.sync(this.config.file.panels));
    for (const fault of this.plans.faults()) this.logger.warn(fault);
  }

  /** The built-in panels and those of conclave.yaml, each as its plan would be now. */
  list(): PanelListItem[] {
    const stored = Object.entries(this.config.file.panels).map(([name, definition]) => [`panel/${name}`, definition.description ?? null] as const);
    return [...Object.entries(builtIn), ...stored].map(([model, description]) => this.listItem(model, description));
  }

  /** A panel by its name, or any model name, planned with every default. Throws a 404 with the nearest names. */
  show(name: string): PanelResponse {
    const definition = Object.hasOwn(this.config.file.panels, name.replace(/^panel\//, '')) ? this.config.file.panels[name.replace(/^panel\//, '')] : undefined;
    const model = definition && !name.startsWith('panel/') ? `panel/${name}` : name;
    const result = this.plans.preview(model);
    if (!result.ok) throw new ApiError({ status: result.status, code: result.code, message: result.message, param: 'name' });
    return panelResponse(result.plan, {
      model,
      description: definition?.description ?? builtIn[model] ?? null,
      simulated: result.simulated,
      stages: strategies[result.plan.strategy].calls(result.plan).map(({ stage, members }) => ({ stage, calls: members.length })),
      estimate: this.plans.estimate(result.plan),
    });
  }

  private listItem(model: string, description: string | null): PanelListItem {
    const result = this.plans.preview(model);
    const plan = result.ok ? result.plan : null;
    return {
      model,
      name: plan?.panel?.name ?? null,
      version: plan?.panel?.version ?? null,
      strategy: plan?.strategy ?? null,
      description,
      members: plan?.members.length ?? null,
      calls: plan && this.plans.estimate(plan).calls,
      fault: result.ok ? null : result.message,
    };
  }
}
