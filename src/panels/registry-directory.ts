import type { MemberInput } from '../../domain/chat/conclave-extensions.js';
import type { Config } from '../config/config.js';
import type { ModelsService } from '../models/models.service.js';
import type { ProvidersService } from '../providers/providers.service.js';
import type { ModelDirectory } from './model-directory.js';
import { publicModelNames } from './public-model-names.js';

const keyOf: Record<string, string> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  gemini: 'GOOGLE_API_KEY',
  chutes: 'CHUTES_API_KEY',
  groq: 'GROQ_API_KEY',
  together: 'TOGETHER_API_KEY',
  cerebras: 'CEREBRAS_API_KEY',
  deepinfra: 'DEEPINFRA_API_KEY',
  fireworks: 'FIREWORKS_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
  ollama: 'OLLAMA_BASE_URL',
};

/** Providers with a default model that the built-in default panel still leaves out: they are somebody's own servers, or not real. */
const notByDefault = ['trio', 'simulated'];
const majors = ['openai', 'anthropic', 'gemini'];

/** The planner's view of the registry. */
export function modelDirectory(config: Config, providers: ProvidersService, models: ModelsService): ModelDirectory {
  const names = (): string[] => publicModelNames({ file: config.file, defaultModels: defaultModels(config, providers, models), registry: configuredModels(providers, models) });
  return {
    provider: (name) => {
      const canonical = providers.resolveAlias(name);
      return providers.names().includes(canonical) ? canonical : null;
    },
    isConfigured: (provider) => providers.isConfigured(provider),
    howToConfigure: (provider) =>
      provider === 'simulated'
        ? 'It exists where CONCLAVE_SIMULATED_URL is set; "npm start" does that.'
        : `Set ${keyOf[provider] ?? "the key its 'api_key_env' names in conclave.yaml"} and start again.`,
    providersOf: (model) => [...new Set(models.byModelId(model).map((entry) => entry.provider))],
    acceptsImages: (provider, model) => models.supports(provider, model, 'images'),
    names,
  };
}

/** `provider/model` of each configured provider's default model, in the registry's order; `default_models` of conclave.yaml overrides. */
export function defaultModels(config: Config, providers: ProvidersService, models: ModelsService): string[] {
  return providers
    .names()
    .filter((provider) => providers.isConfigured(provider) && !notByDefault.includes(provider) && (!config.simulated || majors.includes(provider)))
    .flatMap((provider) => {
      const model = config.file.default_models[provider] ?? models.defaultModel(provider);
      return model ? [`${provider}/${model}`] : [];
    });
}

/** Seats of the built-in default panel: the default models. A lone model takes three seats, as answers of one model differ too. */
export function defaultMembers(config: Config, providers: ProvidersService, models: ModelsService): MemberInput[] {
  const names = defaultModels(config, providers, models).slice(0, config.file.limits.max_members);
  const [only] = names;
  return names.length === 1 && only !== undefined ? [{ model: only, samples: Math.min(3, config.file.limits.max_members) }] : names;
}

/** `provider/model` of every registry model whose provider can be called. */
export function configuredModels(providers: ProvidersService, models: ModelsService): string[] {
  return models
    .all()
    .filter((entry) => providers.isConfigured(entry.provider))
    .map((entry) => `${entry.provider}/${entry.id}`);
}
