import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { LRUCache } from 'lru-cache';
import { attachmentsOf, callBound } from '../domain/batches/call-bound.js';
import type { ModelReference } from '../domain/chat/call.js';
import type { Usage } from '../domain/chat/chat-request.js';
import type { CallPrice } from '../domain/pricing/call-price.js';
import { costOfCall } from '../domain/pricing/cost-of-call.js';
import type { BudgetsStore, BudgetStanding } from '../src/budgets/budgets.store.js';
import type { RunConfig, RunStateStore } from '../src/runs/run-state.store.js';
import type { MakeCallParts, Reservation } from './make-call.js';

/** Runs whose rules are kept; they never change. */
const cachedRuns = 100;
/** How long a call waits for others to give back what they do not use: less than an attempt's reserve, so that it is not taken for hanging. */
const patienceMs = 20_000;
const lookMs = 100;

interface RunRules {
  budgetId: string | null;
  cost: RunConfig['cost'];
  /** Of a Gremium, as it named them at the start. */
  participants: string[] | null;
}

/** What the calls of runs are made with: as any call, under their run's cap, and charged as the run says. Calls that belong to no run are not touched. */
export function runCalls<Parts extends MakeCallParts>(calls: Parts, { state, budgets, limits }: { state: RunStateStore; budgets: BudgetsStore; limits: (model: ModelReference) => { outputTokens: number | null; contextTokens: number | null } }): Parts {
  const known = new LRUCache<string, RunRules>({ max: cachedRuns });
  const rulesOf = async (runId: string): Promise<RunRules> => {
    const cached = known.get(runId);
    if (cached) return cached;
    const run = await state.find(runId);
    const rules = { budgetId: run?.budgetId ?? null, cost: run?.config.cost, participants: run?.metadata.gremium_participants?.map(({ id }) => id) ?? null };
    known.set(runId, rules);
    return rules;
  };
  const priceOf = (name: string): CallPrice | null => {
    const [provider = '', ...model] = name.split('/');
    return calls.price(provider, model.join('/'));
  };
  return {
    ...calls,
    reserve: async (input, request, price) => {
      if (input.groupId === undefined) return null;
      const rules = await rulesOf(input.groupId);
      if (rules.budgetId === null) return null;
      const { outputTokens, contextTokens } = limits(input.model);
      const size = { bytes: Buffer.byteLength(JSON.stringify(request.messages)), attachments: attachmentsOf(request.messages), model: input.model.model, contextLimit: contextTokens, maxOutputTokens: request.sampling.maxOutputTokens ?? null, outputLimit: outputTokens };
      const bound = callBound({ ...size, price });
      const costNanoUsd = boundBy(rules, bound.costNanoUsd, (name) => callBound({ ...size, price: priceOf(name) }).costNanoUsd);
      return setAside(budgets, rules.budgetId, `${input.completionId} ${input.key} ${randomBytes(6).toString('hex')}`, { ...bound, costNanoUsd });
    },
    costOf: (input, usage, price) => costBy(input.groupId === undefined ? undefined : known.get(input.groupId), usage, price, priceOf),
  };
}

async function setAside(budgets: BudgetsStore, budgetId: string, key: string, bound: { inputTokens: number; outputTokens: number | null; costNanoUsd: number | null }): Promise<Reservation> {
  const { inputTokens, outputTokens, costNanoUsd } = bound;
  const standing = outputTokens === null || costNanoUsd === null ? await budgets.read(budgetId) : null;
  if (standing && standing.caps.nanoUsd !== null && costNanoUsd === null) throw capReached('cost_cap', 'What the next call may cost is unknown (its price, or how much it may write), so it can not be made under a cost cap.');
  if (standing && standing.caps.tokens !== null && outputTokens === null) throw capReached('token_cap', 'How much the next call may write is unknown, so it can not be made under a token cap. Set max_tokens.');
  const needed = { nanoUsd: costNanoUsd ?? 0, tokens: inputTokens + (outputTokens ?? 0) };
  for (const giveUpAt = Date.now() + patienceMs; ; ) {
    if (await budgets.reserve(budgetId, key, needed)) return { settle: async (spent) => { await budgets.settle(budgetId, key, spent); } };
    const found = await budgets.read(budgetId);
    if (!found) throw capReached('cost_cap', `The run's budget ${budgetId} is gone.`);
    // What is under way usually costs less than is set aside for it.
    const mayFit = found.reserved.nanoUsd > 0 || found.reserved.tokens > 0;
    if (!mayFit || Date.now() > giveUpAt) throw refusal(found, needed);
    await wait(lookMs);
  }
}

function refusal({ caps, spent, reserved }: BudgetStanding, needed: { nanoUsd: number; tokens: number }): ApplicationFailure {
  const usd = (nanoUsd: number): string => `$${(nanoUsd / 1e9).toFixed(6)}`;
  if (caps.nanoUsd !== null && spent.nanoUsd + reserved.nanoUsd + needed.nanoUsd > caps.nanoUsd)
    return capReached('cost_cap', `The cap is ${usd(caps.nanoUsd)}, ${usd(spent.nanoUsd)} is spent, ${usd(reserved.nanoUsd)} is set aside for what is under way, and the next call may cost up to ${usd(needed.nanoUsd)}. Raise the cap to go on.`);
  return capReached('token_cap', `The cap is ${String(caps.tokens)} tokens, ${spent.tokens} are spent, ${reserved.tokens} are set aside, and the next call may take up to ${needed.tokens}. Raise the cap to go on.`);
}

function capReached(type: 'cost_cap' | 'token_cap', message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}

/** By the price, or as the run's `cost` says. Null is unknown. */
export function costBy(rules: Pick<RunRules, 'cost' | 'participants'> | undefined, usage: Usage | null, price: CallPrice | null, priceOf: (name: string) => CallPrice | null): number | null {
  if (rules?.cost === undefined) return costOfCall(usage, price);
  if (rules.cost === 'none') return null;
  if (rules.cost !== 'participants') return Math.round(rules.cost.per_request_usd * 1e9);
  return costOfParticipants(rules.participants, usage, priceOf);
}

/** The most that a call may cost, by the same rule; `byPrice`: by its own price. Null is unknown. */
export function boundBy(rules: Pick<RunRules, 'cost' | 'participants'>, byPrice: number | null, boundOf: (name: string) => number | null): number | null {
  const { cost, participants } = rules;
  if (cost === undefined) return byPrice;
  if (cost === 'none') return null;
  if (cost !== 'participants') return Math.round(cost.per_request_usd * 1e9);
  return meanOf((participants ?? []).map(boundOf));
}

// A Gremium's usage sums all of its calls and does not say whose they were: it is split evenly.
function costOfParticipants(participants: string[] | null, usage: Usage | null, priceOf: (name: string) => CallPrice | null): number | null {
  return usage === null ? null : meanOf((participants ?? []).map((name) => costOfCall(usage, priceOf(name))));
}

function meanOf(costs: readonly (number | null)[]): number | null {
  if (costs.length === 0 || costs.some((cost) => cost === null)) return null;
  return Math.round(costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0) / costs.length);
}
