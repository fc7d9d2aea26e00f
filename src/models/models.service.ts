import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { CallPrice } from '../../domain/pricing/call-price.js';
import type { ModelRegistry } from '../config/model-registry.schema.js';
import { noLimits, withLimits } from './call-limits.js';
import { composeModels } from './compose-models.js';
import type { CallLimits, Capability, Model } from './model.js';
import type { RegistryRecords } from './registry-records.js';

interface Snapshot {
  models: readonly Model[];
  byReference: ReadonlyMap<string, Model>;
  byId: ReadonlyMap<string, readonly Model[]>;
  defaultModels: ReadonlyMap<string, string>;
  /** Milliseconds since the epoch at which it is to be put together anew. */
  endsAt: number;
}

/**
 * Answers questions about models, prices and capabilities, from memory: what models.yaml says, and what `RegistryWatch` last read from the database. Provider names are
 * canonical ones; the alias `google` is understood.
 */
export class ModelsService {
  private records: RegistryRecords = { prices: [], overrides: [] };
  private snapshot: Snapshot;

  /** `now` is the clock by which validity is judged. */
  constructor(
    private readonly registry: ModelRegistry,
    private readonly now: () => number = Date.now,
  ) {
    this.snapshot = snapshotOf(registry, this.records, now());
  }

  /** Takes over what the database says from now on. */
  replace(records: RegistryRecords): void {
    this.records = records;
    this.snapshot = snapshotOf(this.registry, records, this.now());
  }

  /** Every model that is enabled, in the registry's order. */
  all(): readonly Model[] {
    return this.everything().filter((model) => model.isEnabled);
  }

  /** Every model, disabled ones too. */
  everything(): readonly Model[] {
    return this.current().models;
  }

  /** The model of that provider, enabled or not; null: not in the registry, which does not mean that it does not exist. */
  find(provider: string, model: string): Model | null {
    return this.current().byReference.get(`${canonical(provider)}/${model}`) ?? null;
  }

  /** The model of each provider that has one of this id; disabled ones only where no other has. */
  byModelId(id: string): readonly Model[] {
    const models = this.current().byId.get(id) ?? [];
    const enabled = models.filter((model) => model.isEnabled);
    return enabled.length > 0 ? enabled : models;
  }

  /** Whether someone disabled it. Models that are not in the registry are not. */
  isDisabled(provider: string, model: string): boolean {
    return this.find(provider, model)?.isEnabled === false;
  }

  /** The model a provider stands for where none is named; null: it has no default. */
  defaultModel(provider: string): string | null {
    const name = canonical(provider);
    return this.current().defaultModels.get(name) ?? this.registry.providers[name]?.default_model ?? null;
  }

  /** Whom jobs ask that name nobody; null: the registry has no such default. */
  defaultProvider(): string | null {
    return this.registry.default_provider ?? null;
  }

  /** What a call costs now, made by itself or as a line of a provider job; null: unknown. */
  price(provider: string, model: string, mode: BatchMode = 'realtime'): CallPrice | null {
    const found = this.find(provider, model);
    return (mode === 'batch' ? found?.batchPrice : found?.price) ?? null;
  }

  /** What a realtime call costs in terms of the batch price: the model's, else its provider's; 2 where nothing says. */
  realtimeMultiplier(provider: string, model: string): number {
    return this.find(provider, model)?.realtimeMultiplier ?? this.registry.providers[canonical(provider)]?.realtime_multiplier ?? 2;
  }

  /** Whether the model can do it; null: the registry does not say. */
  supports(provider: string, model: string, capability: Capability): boolean | null {
    return this.find(provider, model)?.capabilities[capability] ?? null;
  }

  /** What may be sent at most to a model, or to a provider altogether (`model` null). */
  limits(provider: string, model: string | null = null): CallLimits {
    if (model !== null) return this.find(provider, model)?.limits ?? noLimits;
    return withLimits(noLimits, this.registry.providers[canonical(provider)]?.limits);
  }

  private current(): Snapshot {
    const now = this.now();
    if (now >= this.snapshot.endsAt) this.snapshot = snapshotOf(this.registry, this.records, now);
    return this.snapshot;
  }
}

function snapshotOf(registry: ModelRegistry, records: RegistryRecords, at: number): Snapshot {
  const { models, defaultModels, nextChangeAt } = composeModels(registry, records, at);
  return { models, byReference: new Map(models.map((model) => [`${model.provider}/${model.id}`, model])), byId: groupById(models), defaultModels, endsAt: nextChangeAt ?? Infinity };
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
