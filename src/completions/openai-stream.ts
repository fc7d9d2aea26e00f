import type { Choice } from '../../domain/chat/decision.js';
import type { ConclaveOptions } from '../../domain/chat/conclave-extensions.js';
import { errorBody } from '../http/render-error.js';
import { openaiFinishReason, openaiUsage } from './chat-completion-response.js';
import type { CompletedRecord } from './completion-record.js';
import { conclaveObject, type AnswerContext } from './conclave-object.js';
import type { StreamEncoder } from './stream-encoder.js';

/** What all chunks of one stream have in common. */
export interface OpenAiStreamFacts {
  id: string;
  model: string;
  /** Seconds since the epoch. */
  created: number;
  includeUsage: boolean;
  stages: NonNullable<ConclaveOptions['stream_stages']>;
  requestId: string;
}

const done = 'data: [DONE]\n\n';

/**
 * OpenAI's stream of `chat.completion.chunk`. Progress travels in SSE comments, which every client skips: an event of our own, or a chunk
 * with empty `choices` before the usage chunk, breaks several of them.
 */
export function openaiStream(facts: OpenAiStreamFacts): StreamEncoder {
  const chunk = (choices: unknown[], rest: Record<string, unknown> = {}): string =>
    frame({ id: facts.id, object: 'chat.completion.chunk', created: facts.created, model: facts.model, choices, ...(facts.includeUsage ? { usage: null } : {}), ...rest });
  const delta = (index: number, content: Record<string, unknown>): string => chunk([{ index, delta: content, logprobs: null, finish_reason: null }]);
  const role = (index: number): string => delta(index, { role: 'assistant', content: '', refusal: null });

  const end = (choice: Choice, index: number, rest: Record<string, unknown>): string =>
    toolDeltas(choice).map((content) => delta(index, content)).join('') + chunk([{ index, delta: {}, logprobs: null, finish_reason: openaiFinishReason(choice) }], rest);

  const progress = (note: string): string => {
    switch (facts.stages) {
      case 'comments':
        return `: ${note}\n\n`;
      case 'reasoning':
        return delta(0, { reasoning_content: `${note}\n` });
      case 'none':
        return '';
      default: {
        const never: never = facts.stages;
        return never;
      }
    }
  };
  const finish = (record: CompletedRecord, context: AnswerContext): string => {
    const [first, ...others] = record.decision.choices;
    const frames = [end(first ?? { text: '', toolCalls: [], finishReason: 'stop' }, 0, { conclave: conclaveObject(record, context) })];
    others.forEach((choice, position) => {
      const index = position + 1;
      frames.push(role(index), choice.text === '' ? '' : delta(index, { content: choice.text }), end(choice, index, {}));
    });
    if (facts.includeUsage) frames.push(chunk([], { usage: openaiUsage(record) }));
    return frames.join('') + done;
  };

  return {
    start: () => role(0),
    text: (text) => delta(0, { content: text }),
    progress,
    keepAlive: () => ': keep-alive\n\n',
    finish,
    // Exactly OpenAI's error: strict clients read nothing else here, and the headers have named the completion.
    error: (error) => frame({ error: errorBody(error, 'openai', facts.requestId).error }) + done,
  };
}

// Id and name come once, in the first delta of a call: helpers concatenate strings. `index` is what they join by.
function toolDeltas(choice: Choice): Record<string, unknown>[] {
  return choice.toolCalls.flatMap((call, index) => [
    { tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] },
    ...(call.argumentsJson === '' ? [] : [{ tool_calls: [{ index, function: { arguments: call.argumentsJson } }] }]),
  ]);
}

function frame(data: Record<string, unknown>): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
