import type { FinishReason, ToolCall, ToolChoice, ToolDefinition, Usage } from '../../domain/chat/chat-request.js';

/** The wire formats the simulated provider speaks, named after the endpoint. */
export type Endpoint = 'chat.completions' | 'responses' | 'messages' | 'generateContent' | 'converse';

/** A message as the simulation reads it: text only, with the number of images that came along. */
export interface SimulatedMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  text: string;
  images: number;
  toolCalls: { name: string; argumentsJson: string }[];
  /** For role `tool`: the tool's name, where the wire format tells it. */
  toolName?: string;
}

/** A request in any wire format, reduced to what decides the answer. */
export interface SimulatedRequest {
  provider: string;
  /** The model as asked for, directives included. */
  model: string;
  endpoint: Endpoint;
  stream: boolean;
  /** Whether a stream ends with a usage chunk. Only OpenAI's chat endpoint makes it optional. */
  includeUsage: boolean;
  messages: SimulatedMessage[];
  tools: ToolDefinition[];
  toolChoice: ToolChoice;
  parallelToolCalls: boolean;
  /** `null`: plain text; else JSON, conforming to `schema` where there is one. */
  json: { schema: Record<string, unknown> | null } | null;
  n: number;
  maxTokens: number | null;
  stop: string[];
  seed: number | null;
  temperature: number | null;
}

export interface SimulatedChoice {
  text: string;
  toolCalls: ToolCall[];
  finishReason: FinishReason;
}

/** What the simulated model says; a wire format renders it. `usage` covers all choices. */
export interface SimulatedReply {
  choices: SimulatedChoice[];
  usage: Usage;
}

/** Tokens of a text as this provider counts them, in every wire format: one for each four characters begun. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Text of one role, joined by blank lines. */
export function textOf(request: SimulatedRequest, role: SimulatedMessage['role']): string {
  return request.messages.filter((message) => message.role === role).map((message) => message.text).join('\n\n');
}
