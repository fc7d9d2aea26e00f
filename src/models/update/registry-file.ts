import { isMap, parseDocument, type Document } from 'yaml';
import { parseModelRegistry } from '../../config/model-registry.js';
import type { ModelRegistry } from '../../config/model-registry.schema.js';
import type { ListedModel } from '../../providers/provider.js';
import type { BatchPrice } from './judge-prices.js';

/** The text of a models.yaml that is being changed: comments, order and notation of the rest stay. */
export class RegistryFile {
  private readonly document: Document;

  constructor(private readonly original: string) {
    parseModelRegistry(original);
    this.document = parseDocument(original, { keepSourceTokens: true });
  }

  /** What it says now. Throws where a change broke it. */
  registry(): ModelRegistry {
    return parseModelRegistry(this.text());
  }

  /** Itself, letter by letter, where nothing was changed. */
  text(): string {
    return this.isChanged ? this.document.toString({ lineWidth: 0 }) : this.original;
  }

  private isChanged = false;

  /** Adds a model with what its provider tells of it: no price, no batch support and no capabilities are made up. */
  addModel(provider: string, model: ListedModel): void {
    this.set(['providers', provider, 'models', model.id], { display_name: model.displayName ?? model.id, ...sizesOf(model) });
  }

  /** Fills in what was unknown; what the file says stays. Returns the fields. */
  fillIn(provider: string, model: ListedModel): string[] {
    const fields = Object.entries(sizesOf(model)).filter(([field]) => !this.document.hasIn(['providers', provider, 'models', model.id, field]));
    for (const [field, value] of fields) this.set(['providers', provider, 'models', model.id, field], value);
    return fields.map(([field]) => field);
  }

  setPrice(provider: string, model: string, price: BatchPrice, source: string): void {
    const path = ['providers', provider, 'models', model];
    this.set([...path, 'input_per_million'], price.input);
    this.set([...path, 'output_per_million'], price.output);
    if (price.cachedInput !== null) this.set([...path, 'cached_input_per_million'], price.cachedInput);
    this.set([...path, 'price_source'], source);
  }

  addSource(name: string, source: { source: string; date: string; verified: boolean }): void {
    this.set(['sources', name], source);
  }

  private set(path: string[], value: unknown): void {
    this.isChanged = true;
    const parent = path.slice(0, -1);
    // `models: {}` of an empty provider would put new entries on its one line.
    if (!isMap(this.document.getIn(parent))) this.document.setIn(parent, this.document.createNode({}));
    this.document.setIn(path, typeof value === 'object' ? this.document.createNode(value) : value);
  }
}

function sizesOf({ contextTokens, outputTokens }: ListedModel): Record<string, number> {
  return { ...(contextTokens === null ? {} : { context_tokens: contextTokens }), ...(outputTokens === null ? {} : { output_tokens: outputTokens }) };
}
