import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import type { StrategyName, StrategyPlan } from '../../domain/chat/plan.js';
import { BudgetsStore } from '../../src/budgets/budgets.store.js';
import { RunStateStore, type NewRun } from '../../src/runs/run-state.store.js';
import { runIdOf } from '../../domain/runs/sample-id.js';
import { retryRunErrors, startRun, runWorkflowId } from '../../src/temporal/start-run.js';
import type { PolicyName } from '../../workflows/policies/policy-name.js';
import { runSignals } from '../../workflows/messages/run-messages.js';
import { rowsOf } from './database.js';
import { until } from './until.js';

const seat = (label: string) => {
  const [provider = '', ...model] = label.split('/');
  return { label, kind: 'model' as const, model: { provider, model: model.join('/') } };
};

/** A plan with every option at its default. */
export function planOf(strategy: StrategyName, members: string[], chairmen: string[] = [], options: Partial<StrategyPlan['options']> = {}): StrategyPlan {
  return {
    strategy,
    panel: null,
    members: members.map(seat),
    reviewers: [],
    chairmen: chairmen.map(seat),
    options: {
      seed: 0, deadlineMs: 120_000, callTimeoutMs: 60_000, quorum: { propose: null, vote: null }, grace: { ratio: 1, minMs: 2_000, maxMs: 20_000 }, order: 'latin', selfVote: 'include', rule: 'borda', tools: 'none',
      layers: 1, samples: 1, stopAt: 1, n: 1, toolExecutor: null, jsonSchema: null, ...options,
    },
  };
}

/** What a run in a spec has to say; everything else is plain. */
export type SpecRun = Pick<NewRun, 'plan' | 'benchmarks'> & Partial<NewRun> & { policy?: PolicyName };

/** A run as its row stands. */
export interface RunRow {
  status: string;
  reason: { code: string; message: string } | null;
  metadata: Record<string, unknown>;
}

/** A run as the api would write it, with what the spec says of it. */
export function newRun(run: Pick<NewRun, 'id' | 'plan' | 'benchmarks'> & Partial<NewRun>): NewRun {
  return {
    caller: 'spec', idempotencyKey: null, bodyHash: run.id, provider: 'simulated', model: run.plan.members[0]?.label ?? '', mode: 'realtime', subset: { seed: 'conclave', percent: null, count: null }, epochs: 1, concurrency: 10,
    caps: { nanoUsd: null, tokens: null }, judge: null, config: {}, tags: [], metadata: {}, priceSnapshot: {}, codeVersion: 'spec', simulated: true, ...run,
  };
}

/** Starts runs without the api, and reads what became of them. */
export class RunDriver {
  private constructor(
    private readonly databaseUrl: string,
    private readonly pool: pg.Pool,
    readonly client: Client,
  ) {}

  static async connect({ databaseUrl, temporalAddress }: { databaseUrl: string; temporalAddress: string }): Promise<RunDriver> {
    const connection = await Connection.connect({ address: temporalAddress });
    return new RunDriver(databaseUrl, new pg.Pool({ connectionString: databaseUrl, max: 2 }), new Client({ connection }));
  }

  get state(): RunStateStore {
    return new RunStateStore(this.pool);
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.client.connection.close();
  }

  /** Writes and starts a run; returns its id. */
  async start({ policy, ...run }: SpecRun): Promise<string> {
    const id = runIdOf(randomBytes(12).toString('hex'));
    const created = await this.state.create(newRun({ id, ...run }));
    if (!created) throw new Error(`Run ${id} could not be written.`);
    await this.begin(id, policy);
    return id;
  }

  begin(id: string, policy: PolicyName = 'test'): Promise<void> {
    return startRun(this.client, { runId: id, policy }, { summary: 'spec', attributes: {} });
  }

  retryErrors(id: string): Promise<void> {
    return retryRunErrors(this.client, { runId: id, policy: 'test' }, { summary: 'spec', attributes: {} });
  }

  signal(id: string, name: keyof typeof runSignals): Promise<void> {
    return this.client.workflow.getHandle(runWorkflowId(id)).signal(runSignals[name]);
  }

  /** As the api does: the row first, so that spending stops at once. */
  async cancel(id: string): Promise<void> {
    await this.state.requestCancel(id);
    await this.signal(id, 'cancel');
  }

  async run(id: string): Promise<RunRow> {
    const { rows: [row] } = await this.pool.query<RunRow>('SELECT status, reason, metadata FROM runs WHERE id = $1', [id]);
    if (!row) throw new Error(`There is no run ${id}.`);
    return row;
  }

  until(id: string, statuses: readonly string[], timeoutMs = 60_000): Promise<RunRow> {
    return until(`run ${id} to be ${statuses.join(' or ')}`, async () => {
      const row = await this.run(id);
      return statuses.includes(row.status) && row;
    }, timeoutMs);
  }

  ended(id: string, timeoutMs = 60_000): Promise<RunRow> {
    return this.until(id, ['succeeded', 'failed', 'canceled'], timeoutMs);
  }

  async budget(id: string): Promise<{ spent: number; reserved: number }> {
    const { rows: [row] } = await this.pool.query<{ spent: number; reserved: number }>('SELECT spent_tokens::integer AS spent, reserved_tokens::integer AS reserved FROM budgets WHERE id = $1', [`run/${id}`]);
    return row ?? { spent: 0, reserved: 0 };
  }

  async raiseTokens(id: string, tokens: number): Promise<void> {
    await new BudgetsStore(this.pool).raise(`run/${id}`, { tokens });
  }

  async raiseCost(id: string, nanoUsd: number): Promise<void> {
    await new BudgetsStore(this.pool).raise(`run/${id}`, { nanoUsd });
  }

  samples<Row extends pg.QueryResultRow = { status: string; verdict: string | null; count: number }>(id: string, select = 'status, verdict, count(*)::integer AS count', rest = 'GROUP BY 1, 2 ORDER BY 1, 2'): Promise<Row[]> {
    return rowsOf<Row>(this.databaseUrl, `SELECT ${select} FROM run_samples WHERE run_id = $1 ${rest}`, [id]);
  }

  benchmarks(id: string): Promise<{ benchmark: string; status: string; reason: { code: string; message: string } | null }[]> {
    return rowsOf(this.databaseUrl, 'SELECT benchmark, status, reason FROM run_benchmarks WHERE run_id = $1 ORDER BY position', [id]);
  }

  calls<Row extends pg.QueryResultRow>(id: string, select: string, rest = ''): Promise<Row[]> {
    return rowsOf<Row>(this.databaseUrl, `SELECT ${select} FROM calls WHERE group_id = $1 ${rest}`, [id]);
  }
}
