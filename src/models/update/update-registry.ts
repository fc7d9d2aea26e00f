import type { ModelRegistry } from '../../config/model-registry.schema.js';
import { ProviderFailure } from '../../providers/provider-failure.js';
import type { Provider } from '../../providers/provider.js';
import { judgePrices, type HeldPrice } from './judge-prices.js';
import { mergeListed } from './merge-listed.js';
import { readCharacters, readPagePrices, type PagePrice } from './page-prices.js';
import { RegistryFile } from './registry-file.js';

const patienceMs = 30_000;
/** A price may move by this factor at once, up or down; more is held for a person. */
export const priceFactor = 2;

/** A page's text and whose prices it tells. */
export interface PricePage {
  provider: string;
  /** Where it came from: the file's name, or the address it was copied from. */
  name: string;
  text: string;
}

export interface UpdateQuestion {
  text: string;
  /** Canonical names. */
  providers: readonly string[];
  provider(name: string): Provider;
  pages: readonly PricePage[];
  /** Who reads the pages; null: nobody does. */
  reader: { provider: Provider; model: string } | null;
  /** ISO date of today. */
  date: string;
  signal: AbortSignal;
}

export interface UpdateReport {
  /** What the file is to hold now: the text that was given, where nothing changed. */
  text: string;
  changes: string[];
  warnings: string[];
  /** Things that are as they were, for those who want to see everything. */
  notes: string[];
  held: HeldPrice[];
  /** Whether some provider or page could not be read. */
  isPartial: boolean;
}

/** Merges what providers tell of their models, and what pages tell of prices, into the text of a models.yaml. A second time it changes nothing. */
export async function updateRegistry(question: UpdateQuestion): Promise<UpdateReport> {
  const file = new RegistryFile(question.text);
  const report: UpdateReport = { text: question.text, changes: [], warnings: [], notes: [], held: [], isPartial: false };
  for (const name of question.providers) await guarded(report, () => updateModels(file, name, question, report));
  // Pages of one provider are judged together: where they disagree a person has to look, whichever was named first.
  for (const name of new Set(question.pages.map(({ provider }) => provider))) await updatePrices(file, name, question, report);
  file.registry();
  return { ...report, text: file.text() };
}

// One provider that is down, or one page that can't be read, does not keep the others from being merged.
async function guarded(report: UpdateReport, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof ProviderFailure) && !(error instanceof UnreadablePage)) throw error;
    report.isPartial = true;
    report.warnings.push(error.message);
  }
}

class UnreadablePage extends Error {}

async function updateModels(file: RegistryFile, name: string, question: UpdateQuestion, report: UpdateReport): Promise<void> {
  const listed = await question.provider(name).listModels({ signal: question.signal, timeoutMs: patienceMs });
  const { added, filled, gone, withoutPrice } = mergeListed(file, name, listed);
  report.changes.push(...added.map((id) => `${name}/${id}: new, without price, batch support and capabilities: nobody told them`), ...filled.map((text) => `${name}/${text} filled in`));
  report.warnings.push(...gone.map((id) => `${name}/${id} is not in the provider's list any more. It stays here; disable it with "conclave models disable ${name}/${id}" if it is gone.`));
  report.notes.push(`${name} lists ${String(listed.length)} models.`, ...withoutPrice.map((id) => `${name}/${id} has no price: what it costs is unknown.`));
}

async function updatePrices(file: RegistryFile, name: string, question: UpdateQuestion, report: UpdateReport): Promise<void> {
  const { reader } = question;
  const entry = file.registry().providers[name];
  if (reader === null || entry === undefined) return;
  const read: { page: PricePage; prices: PagePrice[] }[] = [];
  for (const page of question.pages.filter(({ provider }) => provider === name)) await guarded(report, async () => void read.push({ page, prices: await readPage(page, { reader, entry, signal: question.signal }) }));
  const { accepted, held, unknown } = judgePrices({ provider: name, entry, prices: read.flatMap(({ prices }) => prices), page: read.map(({ page }) => page.text).join('\n'), factor: priceFactor });
  const pageOf = (model: string): PricePage => read.find(({ prices }) => prices.some((price) => price.model === model))?.page ?? { provider: name, name: 'page', text: '' };
  for (const { model, price } of accepted) {
    const page = pageOf(model);
    const old = entry.models[model];
    file.addSource(sourceName(page, question.date), { source: `${page.name}, read by ${reader.model}`, date: question.date, verified: false });
    file.setPrice(name, model, price, sourceName(page, question.date));
    report.changes.push(`${name}/${model}: ${String(old?.input_per_million)} / ${String(old?.output_per_million)} → ${String(price.input)} / ${String(price.output)} (batch rate, USD per million)`);
  }
  report.held.push(...held);
  report.warnings.push(...read.filter(({ page }) => page.text.length > readCharacters).map(({ page }) => `${page.name}: only the first ${String(readCharacters)} of its ${String(page.text.length)} characters were read. Leave out what holds no prices, or divide it.`));
  report.warnings.push(...held.map(({ model, reason }) => `${name}/${model}: the price of ${pageOf(model).name} is held for review, as ${reason}.`));
  report.notes.push(...read.map(({ page, prices }) => `${page.name}: ${String(prices.length)} prices read.`), ...unknown.map((id) => `${pageOf(id).name} prices '${id}', which the file does not have.`));
}

function readPage(page: PricePage, { reader, entry, signal }: { reader: NonNullable<UpdateQuestion['reader']>; entry: ModelRegistry['providers'][string]; signal: AbortSignal }): Promise<PagePrice[]> {
  return readPagePrices({ ...reader, about: entry.display_name, ids: Object.keys(entry.models), page: page.text, signal }).catch((error: unknown) => {
    throw error instanceof ProviderFailure ? error : new UnreadablePage(`${page.name}: ${error instanceof Error ? error.message : String(error)}`);
  });
}

// Pages of one provider and day share a source, unless they differ in name.
function sourceName(page: PricePage, date: string): string {
  return `${page.provider}-${page.name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 30)}-${date}`.slice(0, 64);
}
