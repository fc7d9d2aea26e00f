import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider';
import type { BatchProvider } from './batch-provider.js';
import { CallDeadline, defaultSilenceMs } from './call-deadline.js';
import { failureContext } from './failure-context.js';
import { addPart, fromResult, isComplete, nothingReceived, type Received } from './from-parts.js';
import { httpFetch } from './http-fetch.js';
import { LineMapping } from './line-mapping.js';
import { listModels, type ModelListing } from './list-models.js';
import { FamilyModels, type FamilyFor } from './model-family.js';
import type { Connection } from './provider-adapter.js';
import type { GenerateOptions, ListedModel, ListModelsOptions, Provider, ProviderRequest, ProviderResponse } from './provider.js';
import { toAnswer } from './to-answer.js';
import { textsOf } from './to-prompt.js';
import { failure, toProviderFailure } from './to-provider-failure.js';

/** What a provider is made of, its connection aside. */
export interface AiSdkProviderParts {
  family: FamilyFor;
  /** How its list of models is read, or asked for altogether. */
  models: ModelListing | Provider['listModels'];
  /** Its batch interface; missing: it has none, or none that Conclave speaks. */
  batch?: (connection: Connection, mapping: LineMapping) => BatchProvider;
  /** Longest pause of a stream. */
  silenceMs?: number;
}

/** Calls models through the AI SDK: one HTTP request per call, bounded in time, every error a `ProviderFailure`. */
export class AiSdkProvider implements Provider {
  readonly name: string;
  readonly batch: BatchProvider | null;
  private readonly models: FamilyModels;
  private readonly silenceMs: number;

  constructor(private readonly connection: Connection, private readonly parts: AiSdkProviderParts) {
    this.name = connection.name;
    this.models = new FamilyModels(parts.family(httpFetch));
    this.silenceMs = parts.silenceMs ?? defaultSilenceMs;
    this.batch = parts.batch?.(connection, new LineMapping(connection, parts.family)) ?? null;
  }

  async generate(request: ProviderRequest, options: GenerateOptions): Promise<ProviderResponse> {
    options.signal.throwIfAborted();
    const context = failureContext(this.connection, request.model, textsOf(request.messages));
    const deadline = new CallDeadline(options.signal, options.timeoutMs, options.onText === undefined ? null : this.silenceMs);
    try {
      const { model, options: composed, dropped } = await this.models.compose(request);
      const callOptions: LanguageModelV3CallOptions = { ...composed, abortSignal: deadline.signal };
      const { received, firstTokenAt } = options.onText === undefined ? await whole(model, callOptions) : await streamed(model, callOptions, deadline, options.onText);
      if (options.onText !== undefined && !isComplete(received)) throw failure('network', 'its stream ended before the answer was complete', context);
      return { ...toAnswer(received, context), droppedParameters: dropped(received.warnings), firstTokenAt };
    } catch (error) {
      options.signal.throwIfAborted();
      if (deadline.expired === 'call') throw failure('timeout', `it gave no complete answer within ${String(options.timeoutMs)} ms`, context, { cause: error });
      if (deadline.expired === 'silence') throw failure('timeout', `its stream stood still for ${String(this.silenceMs)} ms`, context, { cause: error });
      throw toProviderFailure(error, context);
    } finally {
      deadline.stop();
    }
  }

  listModels(options: ListModelsOptions): Promise<ListedModel[]> {
    const { models } = this.parts;
    return typeof models === 'function' ? models(options) : listModels(this.connection, models, options);
  }
}

interface Heard {
  received: Received;
  firstTokenAt: number | null;
}

async function whole(model: LanguageModelV3, options: LanguageModelV3CallOptions): Promise<Heard> {
  return { received: fromResult(await model.doGenerate(options)), firstTokenAt: null };
}

async function streamed(model: LanguageModelV3, options: LanguageModelV3CallOptions, deadline: CallDeadline, onText: (text: string) => void): Promise<Heard> {
  const { stream } = await model.doStream(options);
  const received = nothingReceived();
  let firstTokenAt: number | null = null;
  for await (const part of stream) {
    deadline.heard();
    if (part.type === 'text-delta' || part.type === 'tool-input-start' || part.type === 'tool-call') firstTokenAt ??= Date.now();
    const text = addPart(received, part);
    if (text !== '') onText(text);
  }
  return { received, firstTokenAt };
}
