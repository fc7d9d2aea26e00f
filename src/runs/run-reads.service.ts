import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { ExportableRun } from '../../domain/exports/run-document.js';
import { isFinalRun } from '../../domain/runs/run-status.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { stateEventId, stateEventStream } from '../http/state-event-stream.js';
import { callWithTextBody } from '../traces/call-response.js';
import { comparedRun, differencesOf, type ComparisonBody } from './run-comparison.js';
import { RunDocumentStore, type SamplePage } from './run-document.store.js';
import type { RunListQuery, SampleListQuery } from './run-queries.dto.js';
import { RunReadsStore } from './run-reads.store.js';
import { runBody, type RunBody, type RunPageBody } from './run-response.js';
import type { SampleDetailBody, SamplePageBody } from './run-sample-response.js';
import { RunsStore, type RunRow } from './runs.store.js';

/** For so long sums of a run that is over are not made anew for a list. */
const keptMs = 30_000;

const eventRules = {
  isOver: (run: RunBody) => isFinalRun(run.status),
  // Rates and times to go change while nothing happens.
  lasting: (run: RunBody) => ({ ...run, benchmarks: run.benchmarks.map((benchmark) => ({ ...benchmark, rate_per_second: null, eta_seconds: null })) }),
};

/** Tells what runs came to. Each caller sees its own. */
@Injectable()
export class RunReadsService implements BeforeApplicationShutdown {
  private readonly documents: RunDocumentStore;
  private readonly shutdown = new AbortController();
  private readonly listed = new LRUCache<string, RunBody>({ max: 1_000, ttl: keptMs });

  constructor(
    @Inject(POSTGRES_POOL) sql: Sql,
    private readonly runs: RunsStore,
    private readonly reads: RunReadsStore,
  ) {
    this.documents = new RunDocumentStore(sql);
  }

  beforeApplicationShutdown(): void {
    this.shutdown.abort();
  }

  /** The caller's run; throws a 404 where there is none. */
  async find(id: string, caller: string): Promise<RunRow> {
    const row = /^run_[A-Za-z0-9]{1,64}$/.test(id) ? await this.runs.find(id, caller) : null;
    if (!row) throw new ApiError({ status: 404, code: 'run_not_found', message: `Run '${id.slice(0, 100)}' does not exist, or belongs to another API key. GET /api/runs lists yours.`, param: 'id' });
    return row;
  }

  async show(id: string, caller: string): Promise<RunBody> {
    return this.body(await this.find(id, caller));
  }

  /** The run with what it came to so far. */
  async body(row: RunRow): Promise<RunBody> {
    const [document, times] = await Promise.all([this.documents.exportable(row.id, null), this.reads.times(row.id)]);
    if (!document) throw new Error(`Run ${row.id} is not in the database.`);
    return runBody(row, document, times, Date.now());
  }

  async list(caller: string, query: RunListQuery): Promise<RunPageBody> {
    const rows = await this.runs.list(caller, query, query.limit + 1);
    const shown = rows.slice(0, query.limit);
    return { data: await Promise.all(shown.map((row) => this.listedBody(row))), next_cursor: rows.length > query.limit ? (shown.at(-1)?.id ?? null) : null };
  }

  // Sums of a run that is over are not made anew for each list.
  private async listedBody(row: RunRow): Promise<RunBody> {
    const key = `${row.id}/${row.status}/${String(row.finishedAt?.getTime())}`;
    const kept = isFinalRun(row.status) ? this.listed.get(key) : undefined;
    if (kept) return kept;
    const body = await this.body(row);
    if (isFinalRun(row.status)) this.listed.set(key, body);
    return body;
  }

  /** One page of the run's samples. */
  async samples(id: string, caller: string, query: SampleListQuery): Promise<SamplePageBody> {
    const { id: runId } = await this.find(id, caller);
    const found = await this.documents.page(runId, { benchmark: query.benchmark ?? null, verdict: query.verdict ?? null, status: query.status ?? null, after: cursorOf(query.after), limit: query.limit + 1 });
    const shown = found.slice(0, query.limit);
    const last = shown.at(-1);
    return { data: shown, next_cursor: found.length > query.limit && last ? `${last.benchmark}:${String(last.ordinal)}` : null };
  }

  /** Everything stored about a sample. */
  async sample(id: string, sampleId: string, caller: string): Promise<SampleDetailBody> {
    const { id: runId } = await this.find(id, caller);
    const found = await this.documents.sample(runId, sampleId);
    if (!found) throw new ApiError({ status: 404, code: 'sample_not_found', message: `Run '${runId}' has no sample '${sampleId.slice(0, 100)}'.`, param: 'sample_id' });
    const { question, choices, target } = found.item;
    return { ...found.sample, question, choices, target, call_records: (await this.reads.calls(found.callOwners)).map(callWithTextBody) };
  }

  /** Runs side by side, with paired differences of each two of them. */
  async compare(ids: readonly string[], caller: string): Promise<ComparisonBody> {
    if (new Set(ids).size !== ids.length) throw badRequest('ids', 'A run is named twice. Name each once.');
    const documents = await Promise.all(ids.map((id) => this.document(id, caller)));
    const pairs = documents.flatMap((first, index) => documents.slice(index + 1).map((second) => [first, second] as const));
    return { runs: documents.map(comparedRun), pairs: await Promise.all(pairs.map(async ([first, second]) => differencesOf(first, second, await this.reads.paired(first.run.id, second.run.id)))) };
  }

  /** Frames of the run's events; null: the reader has the last one. */
  async events(id: string, caller: string, lastEventId: string | undefined): Promise<AsyncGenerator<string> | null> {
    const body = await this.show(id, caller);
    if (isFinalRun(body.status) && stateEventId(eventRules, body) === lastEventId) return null;
    return stateEventStream({ ...eventRules, read: () => this.show(id, caller), lastEventId: lastEventId ?? null, signal: this.shutdown.signal });
  }

  private async document(id: string, caller: string): Promise<ExportableRun> {
    const { id: runId } = await this.find(id, caller);
    const document = await this.documents.exportable(runId, null);
    if (!document) throw new Error(`Run ${runId} is not in the database.`);
    return document;
  }
}

function cursorOf(after: string | undefined): SamplePage['after'] {
  if (after === undefined) return null;
  const [, benchmark, ordinal] = /^([\w-]+):(\d{1,9})$/.exec(after) ?? [];
  if (benchmark === undefined) throw badRequest('after', `'after' is '${after.slice(0, 60)}': send the 'next_cursor' of the page before.`);
  return { benchmark, ordinal: Number(ordinal) };
}
