import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { BatchItemStatus } from '../../domain/batches/batch-status.js';
import { isFinal } from '../../domain/batches/batch-status.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { stateEventId, stateEventStream } from '../http/state-event-stream.js';
import { BatchEngine } from './batch-engine.js';
import { BatchItemsStore } from './batch-items.store.js';
import type { BatchListQuery, OpenAiBatchListQuery } from './batch-queries.dto.js';
import { BatchReadsStore, noCounts, usageOf } from './batch-reads.store.js';
import { batchBody, listedBatchBody, type BatchBody, type BatchPageBody, type BatchSums } from './batch-response.js';
import { BatchesStore, type BatchRow } from './batches.store.js';
import { itemResultBody } from './item-result.js';
import { openaiBatchBody, type OpenAiBatchListResponse, type OpenAiBatchResponse } from './openai-batch-response.js';

/** For so long sums of a batch that is over are not made anew for a list. */
const keptMs = 60_000;
/** A deed is waited for so long, looking so often: who asks for it and looks right after should see it. */
const deedMs = 2_000;
const lookMs = 50;

const eventRules = {
  isOver: (batch: BatchBody) => isFinal(batch.status),
  // What changes while nothing happens makes no event.
  lasting: (batch: BatchBody) => ({ ...batch, eta_seconds: null, jobs: batch.jobs.map((job) => ({ ...job, age_seconds: 0, poll_count: 0 })) }),
};

/** Tells what became of batches. Each caller sees its own. */
@Injectable()
export class BatchReadsService implements BeforeApplicationShutdown {
  private readonly shutdown = new AbortController();
  private readonly ended = new LRUCache<string, BatchSums>({ max: 1_000, ttl: keptMs });

  constructor(
    private readonly batches: BatchesStore,
    private readonly sums: BatchReadsStore,
    private readonly items: BatchItemsStore,
    private readonly engine: BatchEngine,
  ) {}

  beforeApplicationShutdown(): void {
    this.shutdown.abort();
  }

  /** The caller's batch; throws a 404 where there is none. */
  async find(id: string, caller: string): Promise<BatchRow> {
    const row = /^batch_[A-Za-z0-9]{1,64}$/.test(id) ? await this.batches.find(id, caller) : null;
    if (!row) throw new ApiError({ status: 404, code: 'batch_not_found', message: `Batch '${id.slice(0, 100)}' does not exist, or belongs to another API key.`, param: 'id' });
    return row;
  }

  /** The batch once a deed that it was asked for shows, or as it is after a moment. */
  async once(id: string, caller: string, isDone: (batch: BatchRow) => boolean): Promise<BatchRow> {
    for (const until = Date.now() + deedMs; ; await wait(lookMs)) {
      const batch = await this.find(id, caller);
      if (isDone(batch) || Date.now() >= until || this.shutdown.signal.aborted) return batch;
    }
  }

  async show(id: string, caller: string): Promise<BatchBody> {
    return this.body(await this.find(id, caller));
  }

  /** The batch with its sums and jobs. */
  async body(row: BatchRow): Promise<BatchBody> {
    const [sums, jobs, resumesAt] = await Promise.all([this.sumsOf([row]), this.sums.jobs(row.id), row.status === 'paused' ? this.engine.resumesAt(row.id) : null]);
    return batchBody(row, sums(row.id), { jobs, resumesAt, now: Date.now() });
  }

  async list(caller: string, { status, tag, limit, before }: BatchListQuery): Promise<BatchPageBody> {
    await this.checkCursor('before', before, caller);
    const rows = await this.batches.list(caller, { interface: null, status: status ?? null, tag: tag ?? null, before: before ?? null, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const sums = await this.listSums(shown);
    return { data: shown.map((row) => listedBatchBody(row, sums(row.id))), next_cursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
  }

  async showOpenAi(row: BatchRow): Promise<OpenAiBatchResponse> {
    const sums = await this.sumsOf([row]);
    return openaiBatchBody(row, sums(row.id));
  }

  async listOpenAi(caller: string, { after, limit }: OpenAiBatchListQuery): Promise<OpenAiBatchListResponse> {
    await this.checkCursor('after', after, caller);
    const rows = await this.batches.list(caller, { interface: 'openai', status: null, tag: null, before: after ?? null, limit: limit + 1 });
    const shown = rows.slice(0, limit);
    const sums = await this.listSums(shown);
    const data = shown.map((row) => openaiBatchBody(row, sums(row.id)));
    return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: rows.length > limit };
  }

  /** Lines of the batch's results, in the order of its input. */
  async results(id: string, caller: string, status: readonly BatchItemStatus[] | null): Promise<AsyncGenerator<string>> {
    const { id: batchId } = await this.find(id, caller);
    return lines(this.items, batchId, status);
  }

  /** Frames of the batch's events; null: the reader has the last one. */
  async events(id: string, caller: string, lastEventId: string | undefined): Promise<AsyncGenerator<string> | null> {
    const body = await this.show(id, caller);
    if (isFinal(body.status) && stateEventId(eventRules, body) === lastEventId) return null;
    return stateEventStream({ ...eventRules, read: () => this.show(id, caller), lastEventId: lastEventId ?? null, signal: this.shutdown.signal });
  }

  // One that is not there would give an empty page, as if there were nothing more.
  private async checkCursor(param: string, id: string | undefined, caller: string): Promise<void> {
    if (id !== undefined && !(await this.batches.find(id, caller))) throw badRequest(param, `'${param}' is '${id}', which is no batch of yours. Use an id of the page before.`);
  }

  /** Has the sums of a batch that is over made anew: its items have changed. */
  forgetSums(batch: BatchRow): void {
    this.ended.delete(keyOf(batch));
  }

  private async sumsOf(rows: readonly BatchRow[]): Promise<(id: string) => BatchSums> {
    const ids = rows.map((row) => row.id);
    if (ids.length === 0) return () => ({ counts: noCounts, usage: { initial: usageOf(undefined), retry: usageOf(undefined) } });
    const [counts, usage] = await Promise.all([this.sums.counts(ids), this.sums.usage(ids)]);
    return (id) => ({ counts: counts.get(id) ?? noCounts, usage: usage.get(id) ?? { initial: usageOf(undefined), retry: usageOf(undefined) } });
  }

  private async listSums(rows: readonly BatchRow[]): Promise<(id: string) => BatchSums> {
    const fresh = await this.sumsOf(rows.filter((row) => !isFinal(row.status) || !this.ended.has(keyOf(row))));
    const keys = new Map(rows.map((row) => [row.id, keyOf(row)]));
    for (const row of rows) if (isFinal(row.status) && !this.ended.has(keyOf(row))) this.ended.set(keyOf(row), fresh(row.id));
    return (id) => this.ended.get(keys.get(id) ?? '') ?? fresh(id);
  }
}

// A batch that is retried is over at another time.
function keyOf({ id, status, finishedAt }: BatchRow): string {
  return `${id}/${status}/${String(finishedAt?.getTime())}`;
}

async function* lines(items: BatchItemsStore, batchId: string, status: readonly BatchItemStatus[] | null): AsyncGenerator<string> {
  for await (const item of items.results(batchId, status)) yield `${JSON.stringify(itemResultBody(item))}\n`;
}
