import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider';
import type { BatchProvider } from './batch-provider.js';
import { CallDeadline, defaultSilenceMs } from './call-deadline.js';
import { droppedParameters } from './dropped-parameters.js';
import { addPart, fromResult, isComplete, nothingReceived, toFinishReason, type Received } from './from-parts.js';
import type { Connection } from './provider-adapter.js';
import type { GenerateOptions, ListedModel, Provider, ProviderRequest, ProviderResponse } from './provider.js';
import { toCallOptions, type RequestRules } from './to-call-options.js';
import { textsOf, toPrompt, type PromptRules } from './to-prompt.js';
import { failure, toProviderFailure, type FailureContext } from './to-provider-failure.js';
import { toUsage } from './to-usage.js';

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

/** Model ids come from clients: more kept objects than this are forgotten together. */
const mostModels = 500;

/** Calls models through the AI SDK: one HTTP request per call, bounded in time, every error a `ProviderFailure`. */
export class AiSdkProvider implements Provider {
  readonly name: string;
  readonly batch: BatchProvider | null = null;
  private readonly models = new Map<string, LanguageModelV3>();

  constructor(private readonly connection: Connection, private readonly family: ModelFamily, private readonly silenceMs: number = defaultSilenceMs) {
    this.name = connection.name;
  }

  async generate(request: ProviderRequest, options: GenerateOptions): Promise<ProviderResponse> {
    options.signal.throwIfAborted();
    const context: FailureContext = { provider: this.name, model: request.model, secrets: this.secrets(), texts: textsOf(request.messages), now: Date.now() };
    const deadline = new CallDeadline(options.signal, options.timeoutMs, options.onText === undefined ? null : this.silenceMs);
    try {
      const model = this.model(request.model);
      const rules = this.family.rules(request);
      const { prompt, dropped } = toPrompt(this.family.messages?.(request) ?? request.messages, this.family.prompt, await model.supportedUrls);
      const callOptions: LanguageModelV3CallOptions = { ...toCallOptions(request, rules), prompt, abortSignal: deadline.signal };
      const { received, firstTokenAt } = options.onText === undefined ? await whole(model, callOptions) : await streamed(model, callOptions, deadline, options.onText);
      if (options.onText !== undefined && !isComplete(received)) throw failure('network', 'its stream ended before the answer was complete', context);
      return { ...answer(received, context), droppedParameters: droppedParameters(request, rules, dropped, received.warnings), firstTokenAt };
    } catch (error) {
      options.signal.throwIfAborted();
      if (deadline.expired === 'call') throw failure('timeout', `it gave no complete answer within ${String(options.timeoutMs)} ms`, context, { cause: error });
      if (deadline.expired === 'silence') throw failure('timeout', `its stream stood still for ${String(this.silenceMs)} ms`, context, { cause: error });
      throw toProviderFailure(error, context);
    } finally {
      deadline.stop();
    }
  }

  listModels(): Promise<ListedModel[]> {
    const context: FailureContext = { provider: this.name, model: '', secrets: this.secrets(), texts: [], now: Date.now() };
    return Promise.reject(failure('bad_request', 'its list of models is not asked for yet', context));
  }

  private model(id: string): LanguageModelV3 {
    const known = this.models.get(id);
    if (known !== undefined) return known;
    if (this.models.size >= mostModels) this.models.clear();
    const model = this.family.model(id);
    this.models.set(id, model);
    return model;
  }

  private secrets(): string[] {
    return [this.connection.apiKey ?? '', ...Object.values(this.connection.headers)];
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

function answer(received: Received, context: FailureContext): Omit<ProviderResponse, 'droppedParameters' | 'firstTokenAt'> {
  const { text, toolCalls, finish } = received;
  if (finish === null || (!isComplete(received) && text === '' && toolCalls.length === 0)) throw failure('server_error', 'it gave no answer', context);
  const finishReason = toFinishReason(finish.reason, toolCalls);
  if (finishReason === null) throw failure('server_error', `it ended the answer with an error${finish.reason.raw === undefined ? '' : ` (${finish.reason.raw.slice(0, 60)})`}`, context);
  if (finishReason === 'content_filter' && text === '' && toolCalls.length === 0) throw failure('content_filter', 'its content filter gave no answer', context);
  return {
    text,
    ...(received.reasoning !== '' && { reasoning: received.reasoning }),
    toolCalls,
    finishReason,
    usage: toUsage(finish.usage),
    ...(received.responseId !== undefined && received.responseId !== '' && { responseId: received.responseId }),
  };
}

