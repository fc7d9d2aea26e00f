import { z } from 'zod';
import { batchModes, providerJobStatuses } from '../../domain/batches/batch-status.js';
import type { BatchIntegrity, Repaired, Revalidated } from './batch-integrity.store.js';

const count = z.int().min(0);
const sums = z.object({ expected: count, valid: count, failed: count, missing: count, duplicated: count, orphaned: count });

/** Whether a batch is whole. */
export const integritySchema = z
  .object({
    id: z.string(),
    whole: z.boolean().describe('Nothing is missing'),
    jobs: z.array(
      sums.extend({
        id: z.string(),
        provider: z.string(),
        model: z.string(),
        mode: z.enum(batchModes),
        round: count,
        status: z.enum(providerJobStatuses),
        canceled: count,
        open: count.describe('Under way'),
        waiting: count.describe('Wait for another job'),
        moved: count.describe('Became lines of a later job'),
      }),
    ),
    totals: sums.describe('`missing` also counts planned calls that lost their job, `orphaned` recorded answers that nobody asked for'),
    items: z.object({ expected: count, succeeded: count, failed: count, canceled: count, pending: count, missing: count }),
  })
  .meta({ id: 'BatchIntegrity' });
export type IntegrityBody = z.infer<typeof integritySchema>;

/** What verifying a batch came to. */
export function integrityBody(id: string, { jobs, totals, items }: BatchIntegrity): IntegrityBody {
  return {
    id,
    whole: totals.missing === 0 && items.missing === 0,
    jobs: jobs.map(({ jobId, provider, model, mode, round, status, expected, valid, failed, canceled, open, missing, waiting, moved, duplicated, orphaned }) => ({
      id: jobId, provider, model, mode, round, status, expected, valid, failed, canceled, open, missing, waiting, moved, duplicated, orphaned,
    })),
    totals: { expected: totals.expected, valid: totals.valid, failed: totals.failed, missing: totals.missing, duplicated: totals.duplicated, orphaned: totals.orphaned },
    items: { expected: items.expected, succeeded: items.succeeded, failed: items.failed, canceled: items.canceled, pending: items.pending, missing: items.missing },
  };
}

/** What a repair did. */
export const repairSchema = z
  .object({
    id: z.string(),
    reconciled: count.describe('Calls whose answer was there after all'),
    calls: count.describe('Calls that are made again'),
    items: count.describe('Items that are pending again'),
    started: z.boolean().describe('The batch goes on with them'),
  })
  .meta({ id: 'BatchRepair' });
export type RepairBody = z.infer<typeof repairSchema>;

export function repairBody(id: string, { reconciled, calls, items }: Repaired, started: boolean): RepairBody {
  return { id, reconciled, calls, items, started };
}

/** What stored answers came to against a schema. */
export const revalidationSchema = z
  .object({ id: z.string(), checked: count, valid: count, invalid: count, changed: count.describe('Items whose status is another now') })
  .meta({ id: 'BatchRevalidation' });
export type RevalidationBody = z.infer<typeof revalidationSchema>;

export function revalidationBody(id: string, { checked, valid, invalid, changed }: Revalidated): RevalidationBody {
  return { id, checked, valid, invalid, changed };
}
