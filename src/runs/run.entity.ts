import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import type { RunStatus } from '../../domain/runs/run-status.js';
import { BudgetEntity } from '../budgets/budget.entity.js';

/** Which part of a data set a run takes, by `sha256-rank-v1`: items ordered by sha256(seed : item id). */
export interface RunSubset {
  seed: string;
  /** Percent of each benchmark, 1–100; null: by `count`, or all. */
  percent: number | null;
  /** Items of each benchmark; wins over `percent`. */
  count: number | null;
}

/** Facts recorded with a run: of the target at its start and end, of the code, of overrides. Unknown is null. */
export interface RunMetadata {
  gremium_base_url?: string | null;
  gremium_version?: string | null;
  gremium_participants?: { id: string; thinking: boolean }[] | null;
  /** The Gremium says that its answers are simulated, and so are the run's. */
  gremium_simulated?: boolean;
  /** The same read again at the end, where it differs from the start: the run is flagged. */
  gremium_changed?: { gremium_version: string | null; gremium_participants: { id: string; thinking: boolean }[] | null } | null;
  cli_provider_override?: boolean;
  cli_model_override?: boolean;
  /** Judge that is also a member of the panel, if any. */
  judge_is_member?: string | null;
  /** Which versions of the product and of scorers took part, where it was more than one: see `versionNotes`. */
  later_code_versions?: string[];
  scored_anew?: Record<string, { from: string; to: string; prompts: 'same' | 'earlier' }>;
  [key: string]: unknown;
}

/** A benchmark run: some benchmarks against one target; the workflow is `run/<id>`. */
@Entity('runs')
@Check('runs_status', `"status" IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'canceled')`)
@Check('runs_steering', `"steering" IN ('pause', 'resume')`)
@Check('runs_mode', `"mode" IN ('batch', 'realtime')`)
@Index('runs_idempotency', ['caller', 'idempotencyKey'], { unique: true, where: '"idempotency_key" IS NOT NULL' })
@Index('runs_caller_created', ['caller', 'createdAt', 'id'])
@Index('runs_created', ['createdAt', 'id'])
@Index('runs_active', ['createdAt'], { where: `"status" NOT IN ('succeeded', 'failed', 'canceled')` })
export class RunEntity {
  /** `run_…` */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'runs_pkey' })
  id!: string;

  @Column('text')
  caller!: string;

  @Column('text', { name: 'idempotency_key', nullable: true })
  idempotencyKey!: string | null;

  @Column('text', { name: 'body_hash' })
  bodyHash!: string;

  @Column('text')
  status!: RunStatus;

  @Column('jsonb', { nullable: true })
  reason!: { code: string; message: string } | null;

  /** As asked for: `chutes`, `gremium-openai`, `gremium-anthropic`, `conclave`, or a registry provider. */
  @Column('text')
  provider!: string;

  /** The target's name: a model of that provider, or a panel's. */
  @Column('text')
  model!: string;

  /** The target, resolved: `single` for a plain model. */
  @Column('jsonb')
  plan!: StrategyPlan;

  @Column('text')
  mode!: BatchMode;

  @Column('jsonb')
  subset!: RunSubset;

  @Column('integer')
  epochs!: number;

  /** Samples under way at the same time. */
  @Column('integer')
  concurrency!: number;

  @Column('text', { name: 'budget_id', nullable: true })
  @ForeignKey(() => BudgetEntity, 'id', { name: 'runs_budget_id_fkey', onDelete: 'RESTRICT' })
  budgetId!: string | null;

  @Column('jsonb', { nullable: true })
  judge!: { provider: string; model: string } | null;

  /** Sampling and template overrides the client asked for. */
  @Column('jsonb')
  config!: Record<string, unknown>;

  @Column('text', { array: true, default: '{}' })
  tags!: string[];

  @Column('jsonb')
  metadata!: RunMetadata;

  /** Prices of every model of the plan at the start, by `provider/model`. */
  @Column('jsonb', { name: 'price_snapshot' })
  priceSnapshot!: Record<string, unknown>;

  @Column('text', { name: 'code_version' })
  codeVersion!: string;

  @Column('boolean')
  simulated!: boolean;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'cancel_requested_at', nullable: true })
  cancelRequestedAt!: Date | null;

  /** `pause` or `resume`, from when it was asked for until the workflow has heard it; null: nothing is on its way. */
  @Column('text', { nullable: true })
  steering!: 'pause' | 'resume' | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
