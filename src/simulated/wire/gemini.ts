import type { FinishReason, ToolChoice, Usage } from '../../../domain/chat/chat-request.js';
import { countTokens, type SimulatedChoice, type SimulatedMessage, type SimulatedRequest } from '../simulated-request.js';
import { InvalidRequest, numberOf, objectOf, objectsOf, piecesOf, sse, stopsOf, stringOf, textOfContent, type WireFormat } from './wire-format.js';

const finishReasons: Record<FinishReason, string> = { stop: 'STOP', length: 'MAX_TOKENS', tool_calls: 'STOP', content_filter: 'SAFETY' };
const statuses: Record<number, string> = {
  400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 503: 'UNAVAILABLE', 504: 'DEADLINE_EXCEEDED',
};

/** Gemini's `models/<model>:generateContent` and `:streamGenerateContent` (as SSE). */
export const gemini: WireFormat = {
  parse({ provider, body, pathModel, stream }): SimulatedRequest {
    const contents = objectsOf(body.contents);
    if (contents.length === 0) throw new InvalidRequest('* GenerateContentRequest.contents: contents is not specified');
    const config = objectOf(body.generationConfig ?? body.generation_config);
    const system = textOfContent(objectOf(body.systemInstruction ?? body.system_instruction).parts);
    const calling = objectOf(objectOf(body.toolConfig).functionCallingConfig);
    const schema = config.responseSchema ?? config.responseJsonSchema;
    return {
      provider, model: pathModel ?? '', endpoint: 'generateContent', stream, includeUsage: true,
      messages: [...(system ? [{ role: 'system' as const, text: system, images: 0, toolCalls: [] }] : []), ...contents.flatMap(readContent)],
      tools: objectsOf(body.tools).flatMap((tool) => objectsOf(tool.functionDeclarations)).map((tool) => ({
        name: stringOf(tool.name), description: stringOf(tool.description), parameters: objectOf(tool.parameters ?? tool.parametersJsonSchema),
      })),
      toolChoice: readToolChoice(calling),
      parallelToolCalls: true,
      json: config.responseMimeType === 'application/json' ? { schema: schema === undefined ? null : objectOf(schema) } : null,
      n: numberOf(config.candidateCount) ?? 1,
      maxTokens: numberOf(config.maxOutputTokens),
      stop: stopsOf(config.stopSequences),
      seed: numberOf(config.seed),
      temperature: numberOf(config.temperature),
    };
  },

  answer(reply, request, { id }) {
    const candidates = reply.choices.map((choice, index) => ({ index, content: { role: 'model', parts: partsOf(choice) }, finishReason: finishReasons[choice.finishReason] }));
    return { candidates, usageMetadata: geminiUsage(reply.usage), modelVersion: request.model, responseId: id };
  },

  *frames(reply, request, { id }) {
    const frame = (choice: SimulatedChoice, parts: unknown[], finish?: string): string =>
      sse({
        candidates: [{ index: reply.choices.indexOf(choice), content: { role: 'model', parts }, ...(finish && { finishReason: finish }) }],
        usageMetadata: geminiUsage(finish ? reply.usage : { ...reply.usage, outputTokens: 0, reasoningTokens: 0 }), modelVersion: request.model, responseId: id,
      });
    for (const choice of reply.choices) {
      yield { data: '', tokens: 0 };
      for (const text of piecesOf(choice.text)) yield { data: frame(choice, [{ text }]), tokens: countTokens(text) };
      if (choice.toolCalls.length > 0) yield { data: frame(choice, partsOf(choice)), tokens: choice.toolCalls.reduce((sum, call) => sum + countTokens(call.name + call.argumentsJson), 0) };
      yield { data: frame(choice, [{ text: '' }], finishReasons[choice.finishReason]), tokens: 0 };
    }
  },

  error({ status, kind, message, retryAfterSeconds }) {
    const text =
      kind === 'context_length'
        ? 'The input token count (1250000) exceeds the maximum number of tokens allowed (1048576).'
        : kind === 'quota' ? 'You exceeded your current quota, please check your plan and billing details.' : message;
    const details = retryAfterSeconds === null ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` }];
    return { error: { code: status, message: text, status: statuses[status] ?? 'INTERNAL', details } };
  },
  streamError: (message) => sse({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
};

function partsOf(choice: SimulatedChoice): unknown[] {
  if (choice.toolCalls.length > 0) return choice.toolCalls.map((call) => ({ functionCall: { name: call.name, args: JSON.parse(call.argumentsJson) as unknown } }));
  return choice.text === '' && choice.finishReason === 'content_filter' ? [] : [{ text: choice.text }];
}

function geminiUsage(usage: Usage): Record<string, unknown> {
  return {
    promptTokenCount: usage.inputTokens, candidatesTokenCount: usage.outputTokens - usage.reasoningTokens, totalTokenCount: usage.inputTokens + usage.outputTokens,
    ...(usage.reasoningTokens > 0 && { thoughtsTokenCount: usage.reasoningTokens }), ...(usage.cachedInputTokens > 0 && { cachedContentTokenCount: usage.cachedInputTokens }),
  };
}

function readToolChoice(calling: Record<string, unknown>): ToolChoice {
  if (calling.mode === 'NONE') return { type: 'none' };
  if (calling.mode !== 'ANY') return { type: 'auto' };
  const [name] = stopsOf(calling.allowedFunctionNames);
  return name === undefined ? { type: 'required' } : { type: 'tool', name };
}

function readContent(content: Record<string, unknown>): SimulatedMessage[] {
  const parts = objectsOf(content.parts);
  const results = parts.filter((part) => part.functionResponse).map((part) => {
    const response = objectOf(objectOf(part.functionResponse).response);
    const value = response.content ?? response.output ?? response.result ?? response;
    return { role: 'tool' as const, text: typeof value === 'string' ? value : JSON.stringify(value), images: 0, toolCalls: [], toolName: stringOf(objectOf(part.functionResponse).name) };
  });
  const text = textOfContent(parts);
  const calls = parts.filter((part) => part.functionCall).map((part) => ({ name: stringOf(objectOf(part.functionCall).name), argumentsJson: JSON.stringify(objectOf(part.functionCall).args) }));
  const images = parts.filter((part) => part.inlineData ?? part.fileData).length;
  const role = content.role === 'model' ? ('assistant' as const) : ('user' as const);
  return [...results, ...(text !== '' || images > 0 || calls.length > 0 ? [{ role, text, images, toolCalls: calls }] : [])];
}
