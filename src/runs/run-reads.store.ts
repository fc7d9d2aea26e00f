import { Inject, Injectable } from '@nestjs/common';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { callColumns, type CallRow } from '../traces/call-row.js';
import type { BenchmarkTimes } from './run-response.js';

/** Scores of two runs on the items both answered, one entry an item (the mean of its epochs). */
export interface PairedScores {
  benchmark: string;
  first: number[];
  second: number[];
}

/** What readers ask of runs beyond their document. */
@Injectable()
export class RunReadsStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  /** Times and batch of each benchmark of a run; of one that is running also how many samples ended lately, and since when (index `run_samples_order`). */
  async times(runId: string): Promise<Map<string, BenchmarkTimes>> {
    const { rows } = await this.sql.query<Omit<BenchmarkTimes, 'lately'> & { benchmark: string; minutes: string; minutesSince: Date | null; halfHour: string; halfHourSince: Date | null }>({
      text: `SELECT part.benchmark, started_at AS "startedAt", part.finished_at AS "finishedAt", batch_id AS "batchId", ended.* FROM run_benchmarks part
               LEFT JOIN LATERAL (SELECT count(*) AS "halfHour", min(finished_at) AS "halfHourSince", count(*) FILTER (WHERE finished_at > now() - interval '2 minutes') AS minutes,
                   min(finished_at) FILTER (WHERE finished_at > now() - interval '2 minutes') AS "minutesSince"
                 FROM run_samples sample WHERE sample.run_id = part.run_id AND sample.benchmark = part.benchmark AND sample.finished_at > now() - interval '30 minutes') ended ON part.status = 'running'
             WHERE part.run_id = $1`,
      values: [runId],
    });
    return new Map(
      rows.map(({ benchmark, startedAt, finishedAt, batchId, minutes, minutesSince, halfHour, halfHourSince }) => {
        const windows = [{ samples: Number(minutes), since: minutesSince }, { samples: Number(halfHour), since: halfHourSince }];
        return [benchmark, { startedAt, finishedAt, batchId, lately: windows.flatMap(({ samples, since }) => (since === null ? [] : [{ samples, since }])) }];
      }),
    );
  }

  /** Calls of a sample, oldest first (index `calls_completion`). */
  async calls(owners: readonly string[]): Promise<CallRow[]> {
    const { rows } = await this.sql.query<CallRow>({ text: `SELECT ${callColumns('call')} FROM calls call WHERE call.completion_id = ANY($1) ORDER BY call.id`, values: [owners] });
    return rows;
  }

  /** Scores of two runs on the items that both answered in some epoch, by benchmark and item (index `run_samples_once`). */
  async paired(first: string, second: string): Promise<PairedScores[]> {
    const { rows } = await this.sql.query<PairedScores>({
      // One pass over both: a join of the two would compare everything with everything while the tables have no statistics.
      text: `SELECT benchmark, array_agg(one ORDER BY item_id) AS first, array_agg(other ORDER BY item_id) AS second
             FROM (SELECT benchmark, item_id, (avg(score) FILTER (WHERE run_id = $1))::float8 AS one, (avg(score) FILTER (WHERE run_id = $2))::float8 AS other
                   FROM run_samples WHERE run_id IN ($1, $2) AND status = 'done' GROUP BY benchmark, item_id) pair
             WHERE one IS NOT NULL AND other IS NOT NULL GROUP BY benchmark ORDER BY benchmark`,
      values: [first, second],
    });
    return rows;
  }
}
