import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { BatchOptions } from '../../domain/batches/batch-options.js';
import { createBatchId } from '../batches/batch-id.js';
import { BatchItemsStore, type ItemResult } from '../batches/batch-items.store.js';
import type { BatchStatus } from '../../domain/batches/batch-status.js';
import { BatchesStore, type BatchRow } from '../batches/batches.store.js';
import type { Sql } from '../database/sql.js';
import { FilesStore } from '../files/files.store.js';
import { batchesOfRun } from './batches-of-run.js';
import { createFileId, writeFile } from '../files/write-file.js';

/** A sample as an item of a batch: `seed` is that of its strategy. */
export interface BatchedSample {
  id: string;
  seed: number;
  request: ChatRequest;
}

/** The batch that answers one benchmark of a run, before it has its items. */
export interface NewSampleBatch {
  id: string;
  caller: string;
  runId: string;
  benchmark: string;
  model: string;
  plan: StrategyPlan;
  simulated: boolean;
  /** The run's, which it spends from; null: no cap. */
  budgetId: string | null;
}

/** Batches that answer samples: ordinary batches, made as a client's would be, with the samples' ids as their items' own. */
export class SampleBatchesStore {
  private readonly files: FilesStore;
  private readonly batches: BatchesStore;
  private readonly items: BatchItemsStore;

  constructor(
    private readonly sql: Sql,
    /** How batches are carried out here. */
    private readonly options: BatchOptions,
  ) {
    this.files = new FilesStore(sql);
    this.batches = new BatchesStore(sql);
    this.items = new BatchItemsStore(sql);
  }

  newId(): string {
    return createBatchId();
  }

  find(id: string): Promise<BatchRow | null> {
    return this.batches.find(id);
  }

  /** Writes the batch with its items; repeating it after a part of it leaves one batch. Returns how many items it has. */
  async create(batch: NewSampleBatch, samples: AsyncIterable<BatchedSample>): Promise<number> {
    let count = 0;
    async function* lines(): AsyncGenerator<string> {
      for await (const { id, seed, request } of samples) {
        count++;
        yield `${JSON.stringify({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body: { model: batch.model, messages: request.messages, ...parameters(request), conclave: { seed } } })}\n`;
      }
    }
    const file = await writeFile(this.files, { id: createFileId(), caller: batch.caller, purpose: 'batch', filename: `${batch.benchmark}.jsonl` }, lines());
    const created = await this.batches.create({
      id: batch.id,
      caller: batch.caller,
      idempotencyKey: null,
      bodyHash: file.sha256,
      interface: 'conclave',
      mode: 'batch',
      defaults: { model: batch.model, parameters: {}, planned: { plan: batch.plan, simulated: batch.simulated } },
      options: this.options,
      metadata: { run_id: batch.runId, benchmark: batch.benchmark },
      tags: [],
      inputFileId: file.id,
      costCapNanoUsd: null,
      budgetId: batch.budgetId,
      simulated: batch.simulated,
    });
    // Another attempt was first.
    if (!created) await this.files.remove(file.id);
    return count;
  }

  /** Results in the order of the items, of all or of those that succeeded. */
  results(id: string, which: 'all' | 'succeeded' = 'all'): AsyncGenerator<ItemResult> {
    return this.items.results(id, which === 'all' ? null : [which]);
  }

  /** The batches that were made for a benchmark of a run, oldest first; `hasAnswers`: to samples that have none, as the run was canceled before they were collected (indexes `batch_items_ordinal`, `run_samples_pkey`). */
  async ofBenchmark(runId: string, benchmark: string): Promise<{ id: string; status: BatchStatus; hasAnswers: boolean }[]> {
    const { rows } = await this.sql.query<{ id: string; status: BatchStatus; hasAnswers: boolean }>({
      text: `SELECT batch.id, batch.status, EXISTS (SELECT FROM batch_items item JOIN run_samples sample ON sample.id = item.custom_id AND sample.status = 'pending' WHERE item.batch_id = batch.id AND item.status = 'succeeded') AS "hasAnswers"
             FROM runs run, ${batchesOfRun} WHERE run.id = $1 AND batch.metadata->>'benchmark' = $2 ORDER BY batch.created_at`,
      values: [runId, benchmark],
    });
    return rows;
  }

  /** Writes that the batch stands still for its run; one that does already keeps its own reason. */
  async standStill(id: string): Promise<void> {
    const reason = { code: 'user', message: 'Paused with its run.' };
    await this.sql.query({ text: `UPDATE batches SET status = 'paused', reason = $2::jsonb WHERE id = $1 AND status NOT IN ('paused', 'completed', 'failed', 'canceled')`, values: [id, JSON.stringify(reason)] });
  }

  /** Takes back what a batch that stands still was told, before its workflow hears that it may go on: whoever looks at the row between the two must not take it for the next pause. */
  async goOn(id: string): Promise<void> {
    await this.sql.query({ text: `UPDATE batches SET status = CASE WHEN item_count IS NULL THEN 'pending' ELSE 'running' END, reason = NULL WHERE id = $1 AND status = 'paused'`, values: [id] });
  }

  /** Stops realtime calls of a batch at once; its workflow has to be told as well. */
  async requestCancel(id: string): Promise<void> {
    await this.batches.requestCancel(id);
  }
}

// OpenAI's names, as every batch has them.
function parameters({ sampling }: ChatRequest): Record<string, unknown> {
  return {
    ...(sampling.temperature === undefined ? {} : { temperature: sampling.temperature }),
    ...(sampling.maxOutputTokens === undefined ? {} : { max_tokens: sampling.maxOutputTokens }),
    ...(sampling.topP === undefined ? {} : { top_p: sampling.topP }),
    ...(sampling.stop === undefined ? {} : { stop: sampling.stop }),
  };
}
