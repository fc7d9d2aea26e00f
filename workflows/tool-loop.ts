import type { CallAnswer, CallModelInput, CallOutcome } from '../domain/chat/call.js';
import type { ToolCall } from '../domain/chat/chat-request.js';

type ToolTurns = NonNullable<CallModelInput['toolTurns']>;
type ToolResult = ToolTurns[number]['results'][number];

/** What the loop needs: the call itself (`turns` so far, `iteration` from 0) and one tool's answer. */
export interface ToolLoop {
  names: string[];
  maxIterations: number;
  call(turns: ToolTurns, iteration: number): Promise<CallOutcome>;
  /** `index` is the call's place in its answer: ids are the model's, and not all models make them unique. */
  execute(toolCall: ToolCall, iteration: number, index: number): Promise<{ content: string; isError: boolean }>;
}

/**
 * Calls a model, runs the tools it asks for and calls it again, until it answers without tools, asks for one that is not the service's
 * own (the client gets those calls), or `maxIterations` rounds of tools were run (the client gets what was asked last).
 */
export async function runToolLoop(loop: ToolLoop): Promise<CallOutcome> {
  const turns: ToolTurns = [];
  for (let iteration = 0; ; iteration++) {
    const outcome = await loop.call(turns, iteration);
    if (!outcome.ok || iteration >= loop.maxIterations || !isOurs(outcome, loop.names)) return outcome;
    const results = await Promise.all(outcome.toolCalls.map((toolCall, index) => toolResult(loop, toolCall, iteration, index)));
    turns.push({ text: outcome.text, toolCalls: outcome.toolCalls, results });
  }
}

function isOurs(answer: CallAnswer, names: string[]): boolean {
  return answer.toolCalls.length > 0 && answer.toolCalls.every((toolCall) => names.includes(toolCall.name));
}

async function toolResult(loop: ToolLoop, toolCall: ToolCall, iteration: number, index: number): Promise<ToolResult> {
  const { content, isError } = await loop.execute(toolCall, iteration, index);
  return { toolCallId: toolCall.id, toolName: toolCall.name, content, ...(isError ? { isError } : {}) };
}
