import type { LanguageModelV3CallOptions } from '@ai-sdk/provider';
import { failureContext } from './failure-context.js';
import { fromResult } from './from-parts.js';
import { FamilyModels, type FamilyFor } from './model-family.js';
import type { Connection } from './provider-adapter.js';
import type { ProviderRequest, ProviderResponse } from './provider.js';
import { toAnswer } from './to-answer.js';
import { textsOf } from './to-prompt.js';
import { toProviderFailure } from './to-provider-failure.js';

/** A request as a realtime call would send it. */
export interface RenderedCall {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Record<string, unknown>;
  droppedParameters: string[];
}

/** An answer that came earlier. */
export interface StoredAnswer {
  /** The model as the answer names it, for failures; `''` where it names none. */
  model: string;
  /** A model id of the family whose answers are read as this one. */
  reader: string;
  /** The provider's JSON, as a realtime call's body would be. */
  body: object;
  /** What reading it depends on, where it depends on the request. */
  options?: Partial<LanguageModelV3CallOptions>;
}

type Exchange = { answer: string; sent: { url: string; headers: Record<string, string>; body: string } | null };

/** Tells concurrent exchanges apart; it never leaves the process. */
const exchangeHeader = 'x-conclave-exchange';

// Rendering ends with an answer and not with an exception, because the SDK tells what it left out only with an answer. Every family finds its own fields here.
const anyAnswer = JSON.stringify({
  id: 'x',
  model: 'x',
  created: 0,
  created_at: 0,
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'x' }],
  stop_reason: 'end_turn',
  choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
  output: [],
  candidates: [{ content: { role: 'model', parts: [{ text: 'x' }] }, finishReason: 'STOP' }],
  usage: { input_tokens: 1, output_tokens: 1, prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

/** A family's mapping without a network: it renders what a call would send and reads a stored answer, by the code of realtime calls. */
export class LineMapping {
  private readonly models: FamilyModels;
  private readonly exchanges = new Map<string, Exchange>();
  private count = 0;

  constructor(private readonly connection: Connection, family: FamilyFor) {
    this.models = new FamilyModels(family((input, init) => this.exchange(input, init)));
  }

  /** Throws `ProviderFailure` for what can't be sent, as the call would. */
  async render(request: ProviderRequest): Promise<RenderedCall> {
    try {
      const { model, options, dropped } = await this.models.compose(request);
      const { result, sent } = await this.within(anyAnswer, (headers) => model.doGenerate({ ...options, headers }));
      const body = JSON.parse(sent.body) as Record<string, unknown>; // The SDK wrote an object.
      return { url: sent.url, headers: sent.headers, body, droppedParameters: dropped(result.warnings) };
    } catch (error) {
      throw toProviderFailure(error, failureContext(this.connection, request.model, textsOf(request.messages)));
    }
  }

  /** Throws `ProviderFailure` where a call with this answer would. `droppedParameters` is empty: `render` told them. */
  async parse({ model, reader, body, options }: StoredAnswer): Promise<ProviderResponse> {
    const context = failureContext(this.connection, model);
    try {
      const { result } = await this.within(JSON.stringify(body), (headers) => this.models.model(reader).doGenerate({ prompt: [], ...options, headers }));
      return { ...toAnswer(fromResult(result), context), droppedParameters: [], firstTokenAt: null };
    } catch (error) {
      throw toProviderFailure(error, context);
    }
  }

  private async within<Result>(answer: string, call: (headers: Record<string, string>) => PromiseLike<Result>): Promise<{ result: Result; sent: NonNullable<Exchange['sent']> }> {
    const id = String((this.count += 1));
    const exchange: Exchange = { answer, sent: null };
    this.exchanges.set(id, exchange);
    try {
      const result = await call({ [exchangeHeader]: id });
      if (exchange.sent === null) throw new Error('the SDK answered without a request');
      return { result, sent: exchange.sent };
    } finally {
      this.exchanges.delete(id);
    }
  }

  private exchange(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    // What the SDK's packages call `fetch` with: a text, and a plain object of headers with names in lower case.
    const { headers, body } = init as { headers: Record<string, string>; body: string };
    const exchange = this.exchanges.get(headers[exchangeHeader] ?? '');
    if (exchange === undefined) return Promise.reject(new Error('the SDK sent a request that nobody asked for'));
    exchange.sent = { url: input instanceof Request ? input.url : input.toString(), headers, body };
    return Promise.resolve(new Response(exchange.answer, { headers: { 'content-type': 'application/json' } }));
  }
}
