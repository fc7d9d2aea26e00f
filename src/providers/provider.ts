import type { BatchProvider } from './batch-provider.js';
import type { ChatMessage, FinishReason, ResponseFormat, Sampling, ToolCall, ToolChoice, ToolDefinition, Usage } from '../../domain/chat/chat-request.js';

/** One call to one model, provider-neutral and complete: what an adapter turns into its wire format. */
export interface ProviderRequest {
  /** The provider's own model id, without the provider's name. */
  model: string;
  messages: ChatMessage[];
  sampling: Sampling;
  tools?: ToolDefinition[];
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  responseFormat?: ResponseFormat;
}

/** A provider's answer. `usage` is null where the provider gave none; it is never estimated here. */
export interface ProviderResponse {
  text: string;
  reasoning?: string;
  toolCalls: ToolCall[];
  finishReason: FinishReason;
  usage: Usage | null;
  /** The provider's own id of the response, where it gave one. */
  responseId?: string;
  /** Parameters of the request that this provider or model can't take and that were left out, such as `presencePenalty`. */
  droppedParameters: string[];
  /** Milliseconds since the epoch at which the first text or tool call arrived; null when not streamed. */
  firstTokenAt: number | null;
}

export interface GenerateOptions {
  /** Aborts the HTTP request. */
  signal: AbortSignal;
  /** Milliseconds for the whole call; passing it is a `timeout` failure. */
  timeoutMs: number;
  /** Called with each piece of text as it comes; given only when the call streams. */
  onText?: (text: string) => void;
}

/**
 * The contract of a provider: one HTTP call, no retries of its own. Throws `ProviderFailure` and nothing else
 * (and the signal's reason when aborted from outside).
 */
export interface Provider {
  readonly name: string;
  /** Its batch interface; null: it has none, or none that Conclave speaks. */
  readonly batch: BatchProvider | null;
  generate(request: ProviderRequest, options: GenerateOptions): Promise<ProviderResponse>;
  /** The models its key may use, by the cheapest call there is: what start-up checks, pre-flight checks and `conclave models update` ask. */
  listModels(options: ListModelsOptions): Promise<ListedModel[]>;
}

export interface ListModelsOptions {
  signal: AbortSignal;
  /** Milliseconds for the whole list. */
  timeoutMs: number;
}

/** A model as the provider's own list tells it; null is unknown. */
export interface ListedModel {
  id: string;
  displayName: string | null;
  contextTokens: number | null;
  outputTokens: number | null;
}
