import { Injectable } from '@nestjs/common';
import { ApiError, badRequest } from '../http/api-error.js';
import { nearestNames } from '../panels/nearest-names.js';
import { ProvidersService } from '../providers/providers.service.js';
import { ModelsService } from './models.service.js';
import type { Model } from './model.js';
import { priceAt } from './price-at.js';
import { RegistryStore, type RegistryChange } from './registry.store.js';
import { RegistryWatch } from './registry-watch.js';
import type { ModelChange, ModelFilter, NewPriceBody, PriceQuery } from './registry-filters.dto.js';
import { priceBody, priceRecordBody, registryModelBody, type ModelDetailBody, type PriceBody, type RegistryModelBody } from './registry-response.js';
import type { PriceRecord } from './registry-records.js';
import { overrideFields, type StoredOverride } from './override-fields.js';

/** One page of a list. */
export interface Page<Entry> {
  data: Entry[];
  next_cursor: string | null;
}

const shownPrices = 50;

/** Shows and changes the registry: models with their overrides, and the history of prices. */
@Injectable()
export class RegistryService {
  constructor(
    private readonly models: ModelsService,
    private readonly providers: ProvidersService,
    private readonly store: RegistryStore,
    private readonly watch: RegistryWatch,
  ) {}

  /** Models in the registry's order. */
  list(filter: ModelFilter): Page<RegistryModelBody> {
    const { data, next_cursor } = pageOf(this.models.everything().filter((model) => this.matches(model, filter)), filter);
    return { data: data.map((model) => this.body(model)), next_cursor };
  }

  /** One model with the history of its price. Throws a 404 with the nearest names. */
  async find(provider: string, id: string): Promise<ModelDetailBody> {
    const model = this.known(provider, id);
    const rows = await this.store.history({ provider: model.provider, model: model.id, limit: shownPrices, before: null });
    return { ...this.body(model), prices: rows.map(recordBody) };
  }

  /** Prices now, at a time, or ever. */
  async prices(query: PriceQuery): Promise<Page<PriceBody>> {
    const filter = { provider: query.provider === undefined ? null : this.canonical(query.provider), model: query.model ?? null, limit: query.limit + 1 };
    if (query.history) {
      if (query.cursor !== undefined && !/^\d{1,15}$/.test(query.cursor)) throw badRequest('cursor', `'cursor' is '${query.cursor}': expected next_cursor of the page before.`);
      const rows = await this.store.history({ ...filter, before: query.cursor === undefined ? null : Number(query.cursor) });
      return { data: rows.slice(0, query.limit).map(recordBody), next_cursor: rows.length > query.limit ? String(rows[query.limit - 1]?.id) : null };
    }
    if (query.at === undefined) {
      const { data, next_cursor } = pageOf(this.models.everything().filter((model) => (filter.provider ?? model.provider) === model.provider && (filter.model ?? model.id) === model.id), query);
      return { data: data.map(priceBody), next_cursor };
    }
    const rows = await this.store.pricesAt(Date.parse(query.at), { ...filter, after: query.cursor === undefined ? null : referenceOf(query.cursor) });
    const last = rows[query.limit - 1];
    const shown = await Promise.all(rows.slice(0, query.limit).map((row) => this.asItsTarget(row, query.at ?? '')));
    return { data: shown.map(recordBody), next_cursor: rows.length > query.limit && last ? `${last.provider}/${last.model}` : null };
  }

  // An alias without a price of its own costs what its model costs, whoever set that.
  private async asItsTarget(row: PriceRecord, at: string): Promise<PriceRecord> {
    const target = row.origin === 'seed' ? this.models.find(row.provider, row.model)?.aliasOf : null;
    if (!target) return row;
    const [standing] = await this.store.pricesAt(Date.parse(at), { provider: row.provider, model: target, limit: 1, after: null });
    return standing ? { ...standing, model: row.model } : row;
  }

  /** Sets, or takes off, what the change names; returns the model as it is now. */
  async change(provider: string, id: string, change: ModelChange, caller: string): Promise<ModelDetailBody> {
    // A price or a name makes a model known that the registry lacks.
    const reference = change.price || change.display_name ? { provider: this.canonical(provider), id } : this.known(provider, id);
    const validFrom = change.valid_from === undefined ? Date.now() : Date.parse(change.valid_from);
    const validUntil = change.valid_until === undefined ? null : Date.parse(change.valid_until);
    if (validUntil !== null && validUntil <= Math.max(validFrom, Date.now())) throw badRequest('valid_until', `'valid_until' is '${change.valid_until ?? ''}', which is not after ${change.valid_from === undefined ? 'now' : 'valid_from'}.`);
    await this.store.change({
      provider: reference.provider,
      model: reference.id,
      ...(change.price === undefined ? {} : { price: change.price && this.newPrice(reference.provider, reference.id, change.price) }),
      overrides: overridesOf(reference.id, change),
      validFrom,
      validUntil,
      changedBy: caller,
    });
    await this.watch.refresh();
    return this.find(reference.provider, reference.id);
  }

  private newPrice(provider: string, id: string, body: NewPriceBody): NonNullable<RegistryChange['price']> {
    const multiplier = body.realtime_multiplier ?? this.models.realtimeMultiplier(provider, id);
    const nanoUsd = (usd: number): number => Math.round((usd * 1e9) / (body.rate === 'realtime' ? multiplier : 1));
    return {
      inputNanoUsdPerMillion: nanoUsd(body.input_usd_per_million),
      outputNanoUsdPerMillion: nanoUsd(body.output_usd_per_million),
      cachedInputNanoUsdPerMillion: body.cached_input_usd_per_million == null ? null : nanoUsd(body.cached_input_usd_per_million),
      reasoningNanoUsdPerMillion: body.reasoning_usd_per_million == null ? null : nanoUsd(body.reasoning_usd_per_million),
      realtimeMultiplier: multiplier,
      source: body.source,
      sourceDate: body.date ?? new Date().toISOString().slice(0, 10),
      verified: body.verified,
    };
  }

  private known(provider: string, id: string): Model {
    const canonical = this.canonical(provider);
    const model = this.models.find(canonical, id);
    if (model !== null) return model;
    const nearest = nearestNames(`${canonical}/${id}`, this.models.everything().map((known) => `${known.provider}/${known.id}`));
    const hint = nearest.length === 0 ? '' : ` Did you mean ${nearest.map((name) => `'${name}'`).join(' or ')}?`;
    throw new ApiError({ status: 404, code: 'model_not_found', param: 'model', message: `Model '${canonical}/${id}' is not in the registry.${hint} A PATCH with a price adds it.` });
  }

  private canonical(provider: string): string {
    const canonical = this.providers.resolveAlias(provider);
    if (canonical !== null) return canonical;
    throw new ApiError({ status: 404, code: 'provider_not_found', param: 'provider', message: `Provider '${provider}' is not known. Known are: ${this.providers.names().join(', ')}.` });
  }

  private body(model: Model): RegistryModelBody {
    return registryModelBody(model, { isConfigured: this.providers.isConfigured(model.provider), isDefault: this.models.defaultModel(model.provider) === model.id });
  }

  private matches(model: Model, { provider, search, capability, batch, enabled }: ModelFilter): boolean {
    if (provider !== undefined && model.provider !== this.canonical(provider)) return false;
    if (search !== undefined && !`${model.provider}/${model.id}\n${model.displayName}`.toLowerCase().includes(search.toLowerCase())) return false;
    if (capability !== undefined && model.capabilities[capability === 'json_schema' ? 'jsonSchema' : capability] !== true) return false;
    if (batch !== undefined && model.batchSupport !== batch) return false;
    return enabled === 'any' || model.isEnabled === (enabled === 'true');
  }
}

function pageOf(models: readonly Model[], { limit, cursor }: { limit: number; cursor?: string | undefined }): Page<Model> {
  const start = cursor === undefined ? 0 : models.findIndex((model) => `${model.provider}/${model.id}` === cursor) + 1;
  if (cursor !== undefined && start === 0) throw badRequest('cursor', `'cursor' is '${cursor}': expected next_cursor of the page before.`);
  const data = models.slice(start, start + limit);
  const last = data.at(-1);
  return { data, next_cursor: start + limit < models.length && last ? `${last.provider}/${last.id}` : null };
}

function recordBody(row: PriceRecord): PriceBody {
  return priceRecordBody(row, { realtime: priceAt(row, row.realtimeMultiplier), batch: priceAt(row, 1) });
}

function referenceOf(cursor: string): { provider: string; model: string } {
  const slash = cursor.indexOf('/');
  if (slash === -1) throw badRequest('cursor', `'cursor' is '${cursor}': expected next_cursor of the page before.`);
  return { provider: cursor.slice(0, slash), model: cursor.slice(slash + 1) };
}

function overridesOf(id: string, change: ModelChange): RegistryChange['overrides'] {
  const fields = Object.keys(overrideFields) as (keyof typeof overrideFields)[];
  return fields.flatMap((field): RegistryChange['overrides'] => {
    const value = change[field];
    if (value === undefined) return [];
    if (field === 'is_default') return [{ field: 'default_model', value: value === null ? null : id }];
    // Field and value come from one entry of the change.
    return [{ field, value } as StoredOverride];
  });
}
