import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { ModelRegistry } from '../config/model-registry.schema.js';
import { modelsOf } from './models-of-registry.js';
import type { Capability, Model } from './model.js';

/** Answers questions about models, prices and capabilities from the registry. Provider names are canonical ones; the alias `google` is understood. */
export class ModelsService {
  private readonly models: readonly Model[];
  private readonly byReference: ReadonlyMap<string, Model>;
  private readonly byId: ReadonlyMap<string, Model[]>;

  constructor(private readonly registry: ModelRegistry) {
    this.models = modelsOf(registry);
    this.byReference = new Map(this.models.map((model) => [`${model.provider}/${model.id}`, model]));
    this.byId = groupById(this.models);
  }

  /** Every model of the registry, in its order. */
  all(): readonly Model[] {
    return this.models;
  }

  /** The model of that provider; null: not in the registry, which does not mean that it does not exist. */
  find(provider: string, model: string): Model | null {
    return this.byReference.get(`${canonical(provider)}/${model}`) ?? null;
  }

  /** The model of each provider that has one of this id. */
  byModelId(id: string): readonly Model[] {
    return this.byId.get(id) ?? [];
  }

  /** The model a provider stands for where none is named; null: it has no default. */
  defaultModel(provider: string): string | null {
    return this.registry.providers[canonical(provider)]?.default_model ?? null;
  }

  /** Whom jobs ask that name nobody; null: the registry has no such default. */
  defaultProvider(): string | null {
    return this.registry.default_provider ?? null;
  }

  /** What a realtime call costs; null: unknown. */
  price(provider: string, model: string): CallPrice | null {
    return this.find(provider, model)?.price ?? null;
  }

  /** Whether the model can do it; null: the registry does not say. */
  supports(provider: string, model: string, capability: Capability): boolean | null {
    return this.find(provider, model)?.capabilities[capability] ?? null;
  }
}

function canonical(provider: string): string {
  return provider === 'google' ? 'gemini' : provider;
}

// Map.groupBy needs Node 21.
function groupById(models: readonly Model[]): Map<string, Model[]> {
  const groups = new Map<string, Model[]>();
  for (const model of models) groups.set(model.id, [...(groups.get(model.id) ?? []), model]);
  return groups;
}
