import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { ApiError } from '../http/api-error.js';
import { PlansService } from '../panels/plans.service.js';
import { callBody, type CallBody } from './call-response.js';
import { completionBody, type CompletionBody } from './completion-response.js';
import { completionEventStream } from './completion-event-stream.js';
import { parseEventId } from './completion-events.js';
import { exportCalls } from './export-calls.js';
import { metricsBody, type MetricsBody } from './metrics-response.js';
import { MetricsStore } from './metrics.store.js';
import type { CallFilter, CallPageFilter, CompletionFilter } from './trace-filters.dto.js';
import { traceBody, type TraceBody } from './trace-response.js';
import { TracesStore } from './traces.store.js';

/** A page of a list; `next_cursor` null: it is the last. */
export interface Page<Entry> {
  data: Entry[];
  next_cursor: string | null;
}

/** What happened, for whoever asks later. Each caller sees its own completions and calls only; the CLI, which holds the database, sees all. */
@Injectable()
export class TracesService implements BeforeApplicationShutdown {
  private readonly shutdown = new AbortController();

  constructor(
    private readonly store: TracesStore,
    private readonly metricsStore: MetricsStore,
    private readonly plans: PlansService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  beforeApplicationShutdown(): void {
    this.shutdown.abort();
  }

  async completions(caller: string, filter: CompletionFilter): Promise<Page<CompletionBody>> {
    const rows = await this.store.completions(caller, { ...filter, limit: filter.limit + 1 });
    return page(rows, filter.limit, completionBody);
  }

  async completion(id: string, caller: string): Promise<TraceBody> {
    const row = isId(id) ? await this.store.completion(id, caller) : null;
    if (!row) throw unknownCompletion(id);
    const { TEMPORAL_UI_URL: uiUrl, TEMPORAL_NAMESPACE: namespace } = this.config.environment;
    return traceBody(row, await this.store.callsOf(id, '0'), { estimate: this.plans.estimate(row.plan), uiUrl: uiUrl ?? null, namespace });
  }

  /** Frames of a completion's events from `lastEventId` on; null where the reader has all of them. */
  async events(id: string, caller: string, lastEventId: string | undefined): Promise<AsyncGenerator<string> | null> {
    const cursor = parseEventId(lastEventId);
    if (!isId(id) || (await this.store.status(id, caller)) === null) throw unknownCompletion(id);
    if (cursor.isOver) return null;
    return completionEventStream({ store: this.store, completionId: id, caller, cursor, signal: this.shutdown.signal });
  }

  async calls(caller: string, { limit, cursor, ...filter }: CallPageFilter): Promise<Page<CallBody>> {
    const rows = await this.store.calls(caller, filter, { before: cursor ?? null, limit: limit + 1 });
    return page(rows, limit, callBody);
  }

  exportCalls(caller: string, filter: CallFilter): AsyncGenerator<string> {
    return exportCalls(this.store, caller, filter);
  }

  async metrics(caller: string, minutes: number): Promise<MetricsBody> {
    const [completions, models, stages, failures] = await Promise.all([
      this.metricsStore.completions(caller, minutes),
      this.metricsStore.models(caller, minutes),
      this.metricsStore.stages(caller, minutes),
      this.metricsStore.failures(caller, minutes),
    ]);
    return metricsBody(minutes, { completions, models, stages, failures });
  }
}

// One row more than the page was asked for: its presence says that there is a next page.
function page<Row extends { id: string }, Entry>(rows: Row[], limit: number, body: (row: Row) => Entry): Page<Entry> {
  const shown = rows.slice(0, limit);
  return { data: shown.map(body), next_cursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
}

// Postgres has no NUL in texts and would call it an error.
function isId(id: string): boolean {
  return !id.includes('\0');
}

function unknownCompletion(id: string): ApiError {
  return new ApiError({ status: 404, code: 'completion_not_found', message: `Completion '${id.slice(0, 100)}' does not exist, or belongs to another API key.`, param: 'id' });
}
