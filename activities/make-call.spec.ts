import { describe, expect, it } from '@jest/globals';
import type { CallModelInput } from '../domain/chat/call.js';
import type { CallPrice } from '../domain/pricing/call-price.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import type { ProviderResponse } from '../src/providers/provider.js';
import { conversationOf } from './compose-request.js';
import { makeCall } from './make-call.js';
import type { MakeCallParts, Reservation } from './make-call.js';

const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0 };
const answer: ProviderResponse = { text: 'yes', toolCalls: [], finishReason: 'stop', usage, firstTokenAt: null, droppedParameters: [] };
const price = { inputNanoUsdPerMillion: 1_000_000_000, outputNanoUsdPerMillion: 2_000_000_000, cachedInputNanoUsdPerMillion: null, source: 'spec', date: '2026-11-21' };
const input: CallModelInput = { completionId: 'c', key: 'answer/0/0/0', stage: 'answer', memberIndex: 0, of: 1, model: { provider: 'p', model: 'm' }, prompt: { conversation: true }, sampling: 'client', tools: false, stream: false, progress: false, timeoutMs: 1_000 };
const conversation = conversationOf({ messages: [{ role: 'user', content: 'hi' }], sampling: {} });

const failure = (code: ProviderFailure['code'], httpStatus?: number) => new ProviderFailure({ code, provider: 'p', model: 'm', message: code, ...(httpStatus === undefined ? {} : { httpStatus }) });

/** What the reservation of one call was settled with. */
async function settled(generate: (signal: AbortSignal) => Promise<ProviderResponse>, options: { refusedAtGate?: true; abort?: AbortController; price?: () => CallPrice } = {}): Promise<unknown> {
  const seen: unknown[] = [];
  const reservation: Reservation = {
    settle: async (spent) => {
      seen.push(spent);
    },
  };
  const parts: MakeCallParts = {
    ledger: { enter: () => Promise.resolve(null), tellEnded: () => undefined },
    provider: () => ({ name: 'p', batch: null, listModels: () => Promise.reject(new Error('unused')), generate: (_request, { signal }) => generate(signal) }),
    pass: async (request, work) => {
      if (options.refusedAtGate) throw failure('timeout');
      return work(request.timeoutMs);
    },
    price: options.price ?? (() => price),
    acceptsImages: () => true,
    openStream: () => ({ push: () => undefined, end: () => Promise.resolve() }),
    reserve: () => Promise.resolve(reservation),
  };
  await makeCall(parts, input, conversation, { number: 1, signal: (options.abort ?? new AbortController()).signal }).catch(() => undefined);
  expect(seen).toHaveLength(1);
  return seen[0];
}

describe('the reservation of a call', () => {
  it('is settled with what the call cost', async () => {
    expect(await settled(() => Promise.resolve(answer))).toEqual({ nanoUsd: 20_000, tokens: 15 });
  });

  it('is made and settled by one price, though it rises while the provider works', async () => {
    let now = price;
    const rise = () => {
      now = { ...price, inputNanoUsdPerMillion: 10 * price.inputNanoUsdPerMillion };
      return Promise.resolve(answer);
    };
    expect(await settled(rise, { price: () => now })).toEqual({ nanoUsd: 20_000, tokens: 15 });
  });

  it('counts as spent where the call was cut off after it was sent, or told no usage', async () => {
    const abort = new AbortController();
    const cut = await settled(
      async () => {
        abort.abort(new Error('canceled'));
        throw new Error('aborted');
      },
      { abort },
    );
    expect([await settled(() => Promise.reject(failure('timeout'))), cut, await settled(() => Promise.resolve({ ...answer, usage: null }))]).toEqual([null, null, null]);
  });

  it('is given back where the call was refused, or never sent', async () => {
    const nothing = { nanoUsd: 0, tokens: 0 };
    expect([await settled(() => Promise.reject(failure('rate_limit', 429))), await settled(() => Promise.resolve(answer), { refusedAtGate: true })]).toEqual([nothing, nothing]);
  });
});
