/** One call of a tool, as the model asked for it; `argumentsJson` is the model's own text and may be invalid JSON. */
export interface ToolCall {
  id: string;
  name: string;
  argumentsJson: string;
}

/** A part of a user message. An image or file has either a `url` (passed on, never fetched by us) or base64 `data` with its `mediaType`. */
export type UserPart =
  | { type: 'text'; text: string }
  | { type: 'image'; url?: string; data?: string; mediaType?: string; detail?: 'auto' | 'low' | 'high' }
  | { type: 'audio'; data: string; mediaType: string }
  | { type: 'file'; url?: string; data?: string; mediaType?: string; filename?: string };

/** A message of the client's conversation. OpenAI's `developer` role arrives here as `system`; `function` as `tool`. */
export type ChatMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: string | UserPart[]; name?: string }
  | { role: 'assistant'; content: string; toolCalls?: ToolCall[]; refusal?: string }
  | { role: 'tool'; toolCallId: string; toolName?: string; content: string; isError?: boolean };

/** A function the client offers; `parameters` is its JSON Schema. */
export interface ToolDefinition {
  name: string;
  description?: string;
  parameters: Record<string, unknown>;
  strict?: boolean;
}

export type ToolChoice = { type: 'auto' } | { type: 'none' } | { type: 'required' } | { type: 'tool'; name: string };

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | { type: 'json_schema'; name: string; schema: Record<string, unknown>; description?: string; strict?: boolean };

/** Sampling parameters of a request; a missing one is left to the provider. `maxOutputTokens` counts tokens of one answer. */
export interface Sampling {
  temperature?: number;
  topP?: number;
  topK?: number;
  maxOutputTokens?: number;
  stop?: string[];
  seed?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  reasoningEffort?: string;
  verbosity?: string;
}

/** What a client asked for, whichever endpoint it came through. Stored once as `completions.request`; workflows refer to it by completion id. */
export interface ChatRequest {
  messages: ChatMessage[];
  sampling: Sampling;
  tools?: ToolDefinition[];
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  responseFormat?: ResponseFormat;
}

/** Tokens of one call or a sum of them. `cachedInputTokens` is contained in `inputTokens`, `reasoningTokens` in `outputTokens`. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  reasoningTokens: number;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';
