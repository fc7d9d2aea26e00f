import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { unanswered } from '../src/traces/calls.store.js';
import type { CompletionActivities, ExecuteToolInput } from './completion-activities.js';
import { abandonSignal, withHeartbeats } from './heartbeats.js';
import type { Ledger } from './ledger.js';

/** Longest tool answer that is shown to a model, in UTF-16 code units; what is beyond is cut and said so. */
const longestContent = 100_000;

/** An HTTP tool of `conclave.yaml`. */
export interface ToolEndpoint {
  url: string;
  timeoutMs: number;
}

/** What the worker gives the activity: the endpoint behind a tool's name, or null. */
export interface ExecuteToolParts {
  ledger: Ledger;
  endpoint(name: string): ToolEndpoint | null;
}

type ToolAnswer = { content: string; isError: boolean };

/** The activity that runs one tool call. Its answer, an error's text included, is in the ledger before the model sees it, so a tool is not run again for it. */
export function createExecuteTool(parts: ExecuteToolParts): CompletionActivities['executeTool'] {
  return (input) => {
    const context = Context.current();
    return withHeartbeats(context, runTool(parts, input, context));
  };
}

async function runTool(parts: ExecuteToolParts, input: ExecuteToolInput, context: Context): Promise<ToolAnswer> {
  const { ledger } = parts;
  const recorded = await ledger.recorded(input.completionId, input.key);
  if (recorded) return { content: recorded.text, isError: recorded.failureCode !== null };
  const startedAt = Date.now();
  const signal = abandonSignal(context, () => ledger.isCanceled(input.completionId));
  const answer = await askTool(parts.endpoint(input.name), input, signal);
  if (signal.aborted) throw context.cancellationSignal.reason;
  const earlier = await ledger.enter({
    completionId: input.completionId,
    key: input.key,
    stage: 'tool',
    memberIndex: 0,
    attempt: context.info.attempt,
    provider: 'tool',
    model: input.name,
    requestHash: createHash('sha256').update(JSON.stringify([input.name, input.argumentsJson])).digest('hex'),
    ...unanswered,
    text: answer.content,
    startedAt,
    endedAt: Date.now(),
    outcome: 'succeeded',
    failureCode: answer.isError ? 'tool_error' : null,
    groupId: null,
    mode: 'realtime',
  });
  return earlier ? { content: earlier.text, isError: earlier.failureCode !== null } : answer;
}

async function askTool(endpoint: ToolEndpoint | null, input: ExecuteToolInput, signal: AbortSignal): Promise<ToolAnswer> {
  if (!endpoint) return failed(`There is no tool '${input.name}'.`);
  const body = argumentsOf(input.argumentsJson);
  if (!body.ok) return failed(`The arguments of '${input.name}' are not valid JSON.`);
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      // A worker that dies between the tool's answer and the ledger asks again: by this key the endpoint can tell.
      headers: { 'content-type': 'application/json', 'idempotency-key': `${input.completionId}/${encodeURIComponent(input.key)}` },
      body: JSON.stringify({ tool_call_id: input.toolCallId, name: input.name, arguments: body.value }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(endpoint.timeoutMs)]),
      redirect: 'error',
    });
    const content = contentOf(await response.text());
    return response.ok ? { content, isError: false } : failed(`The tool '${input.name}' answered ${response.status}: ${content}`);
  } catch (error) {
    const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
    return failed(`The tool '${input.name}' ${isTimeout ? `gave no answer within ${endpoint.timeoutMs} ms` : 'could not be reached'}.`);
  }
}

function failed(content: string): ToolAnswer {
  return { content: shortened(content), isError: true };
}

// `{"content": "…"}` or plain text.
function contentOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'content' in parsed && typeof parsed.content === 'string') return shortened(parsed.content);
  } catch {
    // Plain text.
  }
  return shortened(body);
}

function shortened(content: string): string {
  const text = content.replaceAll('\0', '');
  return text.length <= longestContent ? text : `${text.slice(0, longestContent)}\n[cut after ${longestContent} characters]`;
}

function argumentsOf(argumentsJson: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: argumentsJson.trim() === '' ? {} : JSON.parse(argumentsJson) };
  } catch {
    return { ok: false };
  }
}
