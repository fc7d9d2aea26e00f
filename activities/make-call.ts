import type { CallAnswer, CallModelInput } from '../domain/chat/call.js';
import type { Usage } from '../domain/chat/chat-request.js';
import { estimateTokens } from '../domain/chat/estimate-tokens.js';
import type { PassGate } from '../domain/limits/gate.js';
import type { CallPrice } from '../domain/pricing/call-price.js';
import { costOfCall } from '../domain/pricing/cost-of-call.js';
import type { Provider, ProviderRequest, ProviderResponse } from '../src/providers/provider.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import { unanswered, type CallRecord } from '../src/traces/calls.store.js';
import { withoutImages } from './adapt-request.js';
import { approximateUsage } from '../domain/chat/approximate-usage.js';
import { isRunId } from '../domain/runs/sample-id.js';
import { composeRequest, requestHashOf } from './compose-request.js';
import type { Conversation } from './compose-request.js';
import type { Ledger } from './ledger.js';

/** What the worker gives whoever makes calls. */
export interface MakeCallParts {
  ledger: Pick<Ledger, 'enter' | 'tellEnded'>;
  provider(name: string): Provider;
  /** Keeps the provider's limits: every request to a provider goes through it. */
  pass: PassGate;
  /** Of a realtime call, now; null: unknown. Asked once for each attempt, before it is sent. */
  price(provider: string, model: string): CallPrice | null;
  /** False only where the registry says that the model takes no images. */
  acceptsImages(provider: string, model: string): boolean;
  openStream(input: CallModelInput, attempt: number): { push(text: string): void; end(): Promise<void> };
  /** Sets aside what the attempt may cost at `price`, where its group has a cap; null: nothing is capped. Throws what ends the call before it is sent. */
  reserve?(input: CallModelInput, request: ProviderRequest, price: CallPrice | null): Promise<Reservation | null>;
  /** What a call cost, where its group charges otherwise than by the price. */
  costOf?(input: CallModelInput, usage: Usage | null, price: CallPrice | null): number | null;
}

/** What is set aside for one attempt; settled once with what it cost. Null: nobody knows, so that all of it counts as spent. */
export interface Reservation {
  settle(spent: { nanoUsd: number; tokens: number } | null): Promise<void>;
}

/** One attempt of a call, wherever it is made: in an activity of its own, or in one that carries many. */
export interface CallAttempt {
  /** From 1. */
  number: number;
  /** Aborts the provider's request. */
  signal: AbortSignal;
}

type Attempt = { input: CallModelInput; number: number; requestHash: string; startedAt: number; isSent: boolean };

/** Output tokens that a call is expected to need where it names no limit: a page of text. */
const usualOutputTokens = 1_000;

/**
 * Makes a call that the ledger does not have: asks the provider and enters what came of it before anybody hears of it. Returns the answer that counts, which is another
 * attempt's where that was recorded first. Waits for a place at the provider: a client's call at the expense of its own time, others before it. Throws the signal's reason when
 * aborted, `ProviderFailure`, or what was wrong with ourselves.
 */
export async function makeCall(parts: MakeCallParts, input: CallModelInput, conversation: Conversation, { number, signal }: CallAttempt): Promise<CallAnswer> {
  const { request, dropped, requestHash } = composedCall(parts, input, conversation);
  const price = parts.price(input.model.provider, input.model.model);
  const reservation = await parts.reserve?.(input, request, price);
  const attempt: Attempt = { input, number, requestHash, startedAt: Date.now(), isSent: false };
  let response: ProviderResponse;
  try {
    response = await ask(parts, attempt, request, signal);
  } catch (error) {
    await reservation?.settle(attempt.isSent && wasCutOff(error, signal) ? null : { nanoUsd: 0, tokens: 0 });
    // What was given up while it waited for its place cost nothing and says nothing.
    if (!attempt.isSent) signal.throwIfAborted();
    await enter(parts, input, failedRecord(attempt, error, signal.aborted));
    signal.throwIfAborted();
    throw error;
  }
  const record = succeededRecord(parts, { ...attempt, price }, request, { ...response, droppedParameters: [...response.droppedParameters, ...dropped] });
  const earlier = await enter(parts, input, record);
  await reservation?.settle(record.usage === null ? null : { nanoUsd: record.costNanoUsd ?? 0, tokens: record.usage.inputTokens + record.usage.outputTokens });
  return earlier ?? answerOf(record);
}

/** The request of a call as it goes out, what was left out of it, and its hash, under which it is recorded. */
export function composedCall({ acceptsImages }: Pick<MakeCallParts, 'acceptsImages'>, input: CallModelInput, conversation: Conversation): { request: ProviderRequest; dropped: string[]; requestHash: string } {
  const composed = composeRequest(input, conversation);
  const { request, dropped } = acceptsImages(input.model.provider, input.model.model) ? { request: composed, dropped: [] } : withoutImages(composed);
  return { request, dropped, requestHash: requestHashOf(input, request, conversation) };
}

async function ask(parts: MakeCallParts, attempt: Attempt, request: ProviderRequest, signal: AbortSignal): Promise<ProviderResponse> {
  const { provider, model } = attempt.input.model;
  const gateRequest = {
    provider,
    model,
    kind: 'call' as const,
    priority: attempt.input.groupId === undefined ? ('interactive' as const) : ('unattended' as const),
    timeoutMs: attempt.input.timeoutMs,
    signal,
    tokens: () => estimateTokens(request) + (request.sampling.maxOutputTokens ?? usualOutputTokens),
  };
  const send = (timeoutMs: number): Promise<ProviderResponse> => {
    // How long a provider took is counted from here: the wait was ours.
    attempt.startedAt = Date.now();
    attempt.isSent = true;
    return generate(parts, attempt, request, { signal, timeoutMs });
  };
  return parts.pass(gateRequest, send, ({ usage }) => (usage === null ? null : usage.inputTokens + usage.outputTokens));
}

async function generate(parts: MakeCallParts, { input, number }: Attempt, request: ProviderRequest, options: { signal: AbortSignal; timeoutMs: number }): Promise<ProviderResponse> {
  const provider = parts.provider(input.model.provider);
  if (!input.stream) return provider.generate(request, options);
  const stream = parts.openStream(input, number);
  try {
    return await provider.generate(request, { ...options, onText: (text) => { stream.push(storable(text)); } });
  } finally {
    await stream.end();
  }
}

async function enter(parts: MakeCallParts, input: CallModelInput, record: CallRecord): Promise<CallAnswer | null> {
  const earlier = await parts.ledger.enter(record);
  if (input.progress) parts.ledger.tellEnded(record, input.of);
  return earlier ? answerOnly(earlier) : null;
}

function succeededRecord(parts: MakeCallParts, attempt: Attempt & { price: CallPrice | null }, request: ProviderRequest, response: ProviderResponse): CallRecord {
  const { input, price } = attempt;
  const approximated = response.usage === null && input.groupId !== undefined && isRunId(input.groupId);
  const usage = approximated ? approximateUsage(request.messages, response.text) : response.usage;
  return {
    ...baseRecord(attempt),
    text: storable(response.text),
    toolCalls: response.toolCalls.map((toolCall) => ({ ...toolCall, argumentsJson: storable(toolCall.argumentsJson) })),
    finishReason: response.finishReason,
    usage,
    ...(approximated ? { usageApproximated: true } : {}),
    costNanoUsd: parts.costOf ? parts.costOf(input, usage, price) : costOfCall(usage, price),
    price,
    firstTokenAt: response.firstTokenAt,
    outcome: 'succeeded',
    droppedParameters: response.droppedParameters,
    responseId: response.responseId === undefined ? null : storable(response.responseId),
  };
}

/** The provider may have gone on, and charge for it; a refusal is free (`may-be-charged.ts` says the same of what is recorded). */
function wasCutOff(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || (error instanceof ProviderFailure && error.code === 'timeout');
}

function failedRecord(attempt: Attempt, error: unknown, abandoned: boolean): CallRecord {
  const message = error instanceof Error ? error.message : String(error);
  return {
    ...baseRecord(attempt),
    outcome: abandoned ? 'canceled' : 'failed',
    failureCode: abandoned ? 'canceled' : error instanceof ProviderFailure ? error.code : 'internal',
    failureMessage: abandoned ? 'The completion was canceled while this call was under way.' : storable(message),
  };
}

function baseRecord({ input, number, startedAt, requestHash }: Attempt): CallRecord {
  return {
    completionId: input.completionId,
    key: input.key,
    stage: input.stage,
    memberIndex: input.memberIndex,
    attempt: number,
    provider: input.model.provider,
    model: input.model.model,
    requestHash,
    ...unanswered,
    startedAt,
    endedAt: Date.now(),
    outcome: 'failed',
    groupId: input.groupId ?? null,
    mode: 'realtime',
  };
}

const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0 };

function answerOf(record: CallRecord): CallAnswer {
  return {
    text: record.text ?? '',
    toolCalls: record.toolCalls ?? [],
    finishReason: record.finishReason ?? 'stop',
    usage: record.usage ?? noUsage,
    costNanoUsd: record.costNanoUsd,
  };
}

export function answerOnly({ text, toolCalls, finishReason, usage, costNanoUsd }: CallAnswer): CallAnswer {
  return { text, toolCalls, finishReason, usage, costNanoUsd };
}

// Postgres stores no NUL in text; what is streamed and what is recorded must be the same text.
export function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '') : text;
}
