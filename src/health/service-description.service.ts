import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { ModelsService } from '../models/models.service.js';
import { PlansService } from '../panels/plans.service.js';
import { ProvidersService } from '../providers/providers.service.js';
import { participantsOf, type HealthBody, type MetadataBody } from './service-description.js';

/** Describes the service: its version, its default panel and what it stands on. */
@Injectable()
export class ServiceDescription {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly plans: PlansService,
    private readonly providers: ProvidersService,
    private readonly models: ModelsService,
  ) {}

  health(): HealthBody {
    return { status: 'ok', version: this.config.version, participants: this.participants() };
  }

  metadata(): MetadataBody {
    const plan = this.defaultPlan();
    return {
      name: 'conclave',
      gremium_version: this.config.version,
      version: this.config.version,
      participants: this.participants(),
      strategy: plan?.strategy ?? null,
      panel: plan?.panel ?? null,
      chairmen: plan?.chairmen.map((chairman) => chairman.label) ?? [],
      simulated: this.config.simulated,
      providers: this.providers.names().filter((name) => this.providers.isConfigured(name)),
      models: ['gremium-consensus', 'gremium-consensus-anthropic', 'trio'],
      endpoints: { openai: '/openai/v1', anthropic: '/anthropic/v1' },
      temporal_ui_url: this.config.environment.TEMPORAL_UI_URL ?? null,
    };
  }

  private participants(): HealthBody['participants'] {
    return participantsOf(this.defaultPlan(), (provider, model) => this.models.supports(provider, model, 'reasoning') === true);
  }

  private defaultPlan() {
    const result = this.plans.preview('gremium-consensus');
    return result.ok ? result.plan : null;
  }
}
