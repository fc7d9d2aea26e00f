import { LRUCache } from 'lru-cache';
import { planWithSeed } from '../domain/batches/plan-with-seed.js';
import type { StrategyPlan } from '../domain/chat/plan.js';
import type { BatchPlanningStore, BatchToPlan, ReadyItem, SliceResult } from '../src/batches/batch-planning.store.js';
import { advanceItems } from './advance-item.js';
import type { Advance, ItemToAdvance } from './advance-item.js';
import { itemOutcome } from './item-outcome.js';

/** Items whose calls are in memory at once; an item of a panel may have recorded a dozen long answers. */
const sliceSize = 200;
const cachedPlans = 500;
const unanswered = ['waiting', 'assigned'] as const;

/**
 * Advances every item of a batch that waits for nothing: writes the outcomes of those that are decided and the missing calls of the others. `beat` is called after every slice and may throw
 * to stop between two. An answer that missed the schema is asked again, which makes its item wait for a new call. With `asItIs`, for a batch that ends here, only items are advanced none of
 * whose calls was given up, and only outcomes are written.
 */
export async function advanceBatch(planning: BatchPlanningStore, batchId: string, batch: BatchToPlan, beat: () => void, options: { asItIs: boolean } = { asItIs: false }): Promise<void> {
  const plans = new LRUCache<string, StrategyPlan>({ max: cachedPlans });
  let cursor: number | null = -1;
  while (cursor !== null) {
    let again: number | null = null;
    for (;;) {
      const items: ReadyItem[] = await planning.readyItems(batchId, cursor, sliceSize, options.asItIs ? [...unanswered, 'canceled'] : unanswered);
      const last = items.at(-1);
      if (!last) break;
      await loadPlans(planning, batchId, items, plans);
      const slice = await advanceSlice(planning, batchId, batch, items, plans);
      await planning.saveSlice(batchId, options.asItIs ? { ...slice.result, missing: [], askedAgain: [] } : slice.result);
      if (!options.asItIs) again ??= slice.firstAskedAgain;
      cursor = last.ordinal;
      beat();
    }
    // Those that are asked again are read once more: a fixed sampling seed is part of their question now.
    cursor = again === null ? null : again - 1;
  }
}

async function loadPlans(planning: BatchPlanningStore, batchId: string, items: readonly ReadyItem[], plans: LRUCache<string, StrategyPlan>): Promise<void> {
  const unknown = [...new Set(items.map(({ planHash }) => planHash))].filter((hash) => !plans.has(hash));
  for (const [hash, plan] of await planning.plans(batchId, unknown)) plans.set(hash, plan);
}

async function advanceSlice(planning: BatchPlanningStore, batchId: string, batch: BatchToPlan, items: readonly ReadyItem[], plans: LRUCache<string, StrategyPlan>): Promise<{ result: SliceResult; firstAskedAgain: number | null }> {
  const known = await planning.known(items.map(({ id }) => id));
  const replayed = items.map((item): ItemToAdvance => {
    const plan = plans.get(item.planHash);
    if (!plan) throw new Error(`Batch ${batchId} has no plan ${item.planHash}, which its item ${item.id} names.`);
    return { itemId: item.id, batchId, plan: planWithSeed(plan, item.seed), clientSeed: item.clientSeed, validationAttempt: item.validationAttempt, known: known.get(item.id) ?? new Map() };
  });
  const advances = await advanceItems(replayed);
  const result: SliceResult = { finished: [], missing: [], askedAgain: [] };
  let firstAskedAgain: number | null = null;
  replayed.forEach((item, index) => {
    const advance = advances[index];
    if (!advance || !sort(item, advance, batch, result)) return;
    firstAskedAgain ??= items[index]?.ordinal ?? null;
  });
  return { result, firstAskedAgain };
}

/** Puts what an item came to into the result; true: it is asked again. */
function sort(item: ItemToAdvance, advance: Advance, batch: BatchToPlan, result: SliceResult): boolean {
  const { itemId: id, validationAttempt } = item;
  if (advance.state === 'missing') {
    for (const input of advance.calls) result.missing.push({ input, attempt: validationAttempt > 0 ? 1 : 0 });
    return false;
  }
  const outcome = itemOutcome(item.plan, advance.outcome, validationAttempt, batch.options);
  if (outcome.state === 'ask_again') {
    result.askedAgain.push({ id, validationAttempt: validationAttempt + 1 });
    return true;
  }
  const { state: _state, ...finished } = outcome;
  result.finished.push({ id, validationAttempt, ...finished });
  return false;
}
