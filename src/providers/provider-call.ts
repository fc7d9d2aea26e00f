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
