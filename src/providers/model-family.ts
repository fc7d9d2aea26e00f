import type { LanguageModelV3, LanguageModelV3CallOptions, SharedV3Warning } from '@ai-sdk/provider';
import { droppedParameters } from './dropped-parameters.js';
import type { ProviderRequest } from './provider.js';
import { toCallOptions, type RequestRules } from './to-call-options.js';
import { toPrompt, type PromptRules } from './to-prompt.js';

/** What a family of models adds to the common way of calling one. */
export interface ModelFamily {
  /** Makes the SDK's object of a model; called once per model and kept. */
  model(id: string): LanguageModelV3;
  prompt: PromptRules;
  /** What the family must be told otherwise; missing: nothing. */
  messages?(request: ProviderRequest): ProviderRequest['messages'];
  /** Options of the family's own and parameters it can't take, for one request. Throws `UnsupportedContent` for what can't be sent at all. */
  rules(request: ProviderRequest): RequestRules;
}

/** Builds a family whose models talk over `fetch`: the network for realtime calls, a capturing and replaying one for the lines of batches. */
export type FamilyFor = (fetch: typeof globalThis.fetch) => ModelFamily;

/** One call, ready to be made. */
export interface ComposedCall {
  model: LanguageModelV3;
  options: LanguageModelV3CallOptions;
  /** Parameters that were left out, given the SDK's own warnings. */
  dropped: (warnings: readonly SharedV3Warning[]) => string[];
}

/** Model ids come from clients: more kept objects than this are forgotten together. */
const mostModels = 500;

/** A family with the models it has made so far. */
export class FamilyModels {
  private readonly models = new Map<string, LanguageModelV3>();

  constructor(private readonly family: ModelFamily) {}

  /** The SDK's form of a request. Throws `UnsupportedContent` for what can't be sent. */
  async compose(request: ProviderRequest): Promise<ComposedCall> {
    const model = this.model(request.model);
    const rules = this.family.rules(request);
    const { prompt, dropped } = toPrompt(this.family.messages?.(request) ?? request.messages, this.family.prompt, await model.supportedUrls);
    return { model, options: { ...toCallOptions(request, rules), prompt }, dropped: (warnings) => droppedParameters(request, rules, dropped, warnings) };
  }

  /** The SDK's object of a model, made once. */
  model(id: string): LanguageModelV3 {
    const known = this.models.get(id);
    if (known !== undefined) return known;
    if (this.models.size >= mostModels) this.models.clear();
    const model = this.family.model(id);
    this.models.set(id, model);
    return model;
  }
}
