import type { ModelRegistry } from '../../config/model-registry.schema.js';
import type { PagePrice } from './page-prices.js';

/** A price at the batch rate, US dollars per million tokens, as models.yaml writes it. */
export interface BatchPrice {
  input: number;
  output: number;
  cachedInput: number | null;
}

/** A price that a person has to look at before it counts. */
export interface HeldPrice {
  provider: string;
  model: string;
  old: BatchPrice | null;
  new: BatchPrice;
  reason: string;
}

export interface PriceVerdict {
  accepted: { model: string; price: BatchPrice }[];
  held: HeldPrice[];
  /** Ids that the page named and the registry lacks. */
  unknown: string[];
}

type ProviderEntry = ModelRegistry['providers'][string];

/** A difference up to this many dollars is none: pages round. */
const sameWithinUsd = 0.001;

/**
 * Which prices of a page are taken over: standard prices are divided by the provider's multiplier (halved, as a rule) and must lie within `factor` of the old ones, and their
 * figures must stand in the page's text. A price without an old one to compare with, or of an alias that disagrees, is held as well.
 */
export function judgePrices(question: { provider: string; entry: ProviderEntry; prices: readonly PagePrice[]; page: string; factor: number }): PriceVerdict {
  const { provider, entry, prices, page, factor } = question;
  const onPage = new Set((page.match(/\d+(?:\.\d+)?/g) ?? []).map(Number));
  const verdict: PriceVerdict = { accepted: [], held: [], unknown: [] };
  for (const read of withoutRepeats(prices)) {
    const known = entry.models[read.model];
    if (known === undefined) {
      verdict.unknown.push(read.model);
      continue;
    }
    const standing = known.alias_of === undefined ? known : entry.models[known.alias_of];
    const price = atBatchRate(read, entry.realtime_multiplier);
    const old = standing === undefined ? null : batchPriceOf(standing);
    if (old !== null && isSame(old, price)) continue;
    const isDisputed = prices.some((other) => other.model === read.model && JSON.stringify(other) !== JSON.stringify(read));
    const reason = isDisputed ? 'it was read as having several prices' : doubt(read, price, { old, onPage, factor, isAlias: known.alias_of !== undefined });
    if (reason === null) verdict.accepted.push({ model: read.model, price: { ...price, cachedInput: price.cachedInput ?? old?.cachedInput ?? null } });
    else verdict.held.push({ provider, model: read.model, old, new: price, reason });
  }
  return verdict;
}

function doubt(read: PagePrice, price: BatchPrice, facts: { old: BatchPrice | null; onPage: ReadonlySet<number>; factor: number; isAlias: boolean }): string | null {
  const absent = [read.inputUsd, read.outputUsd, ...(read.cachedInputUsd === null ? [] : [read.cachedInputUsd])].find((figure) => !facts.onPage.has(figure));
  if (absent !== undefined) return `${String(absent)} does not stand in the page`;
  if (facts.isAlias) return 'it is an alias, whose price is that of the model it stands for';
  if (facts.old === null) return 'there is no old price to compare with';
  const far = (['input', 'output', 'cachedInput'] as const).find((kind) => !isNear(facts.old?.[kind] ?? null, price[kind], facts.factor));
  return far === undefined ? null : `${far} moved by more than ${String(facts.factor)}× at once`;
}

function isNear(old: number | null, next: number | null, factor: number): boolean {
  if (old === null || next === null) return true;
  return next <= old * factor && next * factor >= old;
}

function isSame(old: BatchPrice, next: BatchPrice): boolean {
  const close = (left: number, right: number): boolean => Math.abs(left - right) <= Math.min(sameWithinUsd, left * 0.01);
  return close(old.input, next.input) && close(old.output, next.output) && (next.cachedInput === null || (old.cachedInput !== null && close(old.cachedInput, next.cachedInput)));
}

function atBatchRate(read: PagePrice, multiplier: number): BatchPrice {
  const rounded = (usd: number): number => Math.round((usd / multiplier) * 1e6) / 1e6;
  return { input: rounded(read.inputUsd), output: rounded(read.outputUsd), cachedInput: read.cachedInputUsd === null ? null : rounded(read.cachedInputUsd) };
}

function batchPriceOf(model: ProviderEntry['models'][string]): BatchPrice | null {
  if (model.input_per_million === undefined || model.output_per_million === undefined) return null;
  return { input: model.input_per_million, output: model.output_per_million, cachedInput: model.cached_input_per_million ?? null };
}

function withoutRepeats(prices: readonly PagePrice[]): PagePrice[] {
  return [...new Map(prices.map((price) => [JSON.stringify(price), price])).values()];
}
