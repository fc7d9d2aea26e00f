import type { MemberInput } from '../../domain/chat/conclave-extensions.js';
import type { Config } from '../config/config.js';
import type { ModelsService } from '../models/models.service.js';
import type { ProvidersService } from '../providers/providers.service.js';
import type { ModelDirectory } from './model-directory.js';
import { publicModelNames } from './public-model-names.js';

const majors = ['openai', 'anthropic', 'gemini'];

/** The planner's view of the registry. */
export function modelDirectory(config: Config, providers: ProvidersService, models: ModelsService): ModelDirectory {
  const names = (): string[] => publicModelNames({ file: config.file, defaultModels: defaultModels(config, providers, models), registry: configuredModels(config, providers, models) });
  return {
    provider: (name) => providers.resolveAlias(name),
    isConfigured: (provider) => providers.isConfigured(provider),
    howToConfigure: (provider) => providers.howToConfigure(provider),
    providersOf: (model) => [...new Set(models.byModelId(model).map((entry) => entry.provider))],
    disabled: (provider, model) => (models.isDisabled(provider, model) ? `it is disabled. Enable it with "conclave models enable ${provider}/${model}" or PATCH /api/models/${provider}/${model} {"enabled": true}.` : null),
    acceptsImages: (provider, model) => models.supports(provider, model, 'images'),
    names,
  };
}

/** `provider/model` of each configured provider's default model that is not disabled, in the registry's order; `default_models` of conclave.yaml overrides. */
export function defaultModels(config: Config, providers: ProvidersService, models: ModelsService): string[] {
  return providers
    .names()
    .filter((provider) => isDefaultProvider(provider, config) && providers.isConfigured(provider))
    .flatMap((provider) => {
      const own = Object.entries(config.file.default_models).find(([name]) => providers.resolveAlias(name) === provider)?.[1];
      const model = own ?? models.defaultModel(provider);
      return model && !models.isDisabled(provider, model) ? [`${provider}/${model}`] : [];
    });
}

// The Trio backend has no default model, simulated models are nobody's opinion, and ollama's default address says nothing about a server there.
function isDefaultProvider(provider: string, config: Config): boolean {
  if (config.simulated) return majors.includes(provider);
  return provider === 'ollama' ? config.environment.OLLAMA_BASE_URL !== undefined : provider !== 'trio' && provider !== 'simulated';
}

/** Seats of the built-in default panel: the default models. A lone model takes three seats, as answers of one model differ too. */
export function defaultMembers(config: Config, providers: ProvidersService, models: ModelsService): MemberInput[] {
  const names = defaultModels(config, providers, models).slice(0, config.file.limits.max_members);
  const [only] = names;
  return names.length === 1 && only !== undefined ? [{ model: only, samples: Math.min(3, config.file.limits.max_members) }] : names;
}

/** `provider/model` of every enabled registry model whose provider can be called. */
export function configuredModels(config: Config, providers: ProvidersService, models: ModelsService): string[] {
  return models
    .all()
    .filter((entry) => providers.isConfigured(entry.provider) && (entry.provider !== 'ollama' || config.environment.OLLAMA_BASE_URL !== undefined))
    .map((entry) => `${entry.provider}/${entry.id}`);
}
