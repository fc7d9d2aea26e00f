import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { ProvidersService } from '../providers/providers.service.js';
import { ModelsService } from './models.service.js';
import { resolveTarget, type TargetDirectory, type TargetLevels, type TargetResult } from './resolve-target.js';

/** Resolves who answers a job, from what its request, its stage and conclave.yaml say. */
@Injectable()
export class TargetsService {
  private readonly directory: TargetDirectory;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    providers: ProvidersService,
    models: ModelsService,
  ) {
    this.directory = {
      provider: (name) => providers.resolveAlias(name),
      isConfigured: (provider) => providers.isConfigured(provider),
      providersOf: (model) => [...new Set(models.byModelId(model).map((entry) => entry.provider))],
      defaultModel: (provider) => ownDefault(config, providers, provider) ?? models.defaultModel(provider),
      providers: () => providers.names(),
      registryProvider: () => models.defaultProvider(),
    };
  }

  /** As `resolveTarget`; `default_provider`, `default_model` and `default_models` of conclave.yaml are filled in. */
  resolve(levels: Omit<TargetLevels, 'global'>): TargetResult {
    const { default_provider: provider, default_model: model } = this.config.file;
    return resolveTarget({ ...levels, global: { provider, model } }, this.directory);
  }
}

function ownDefault(config: Config, providers: ProvidersService, provider: string): string | undefined {
  return Object.entries(config.file.default_models).find(([name]) => providers.resolveAlias(name) === provider)?.[1];
}
