import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { BatchOptions } from '../../domain/batches/batch-options.js';
import type { BatchMode, BatchStatus } from '../../domain/batches/batch-status.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { BudgetEntity } from '../budgets/budget.entity.js';
import { FileEntity } from '../files/file.entity.js';

/** Why a batch stands still or ended; `code` is a failure code, `cost_cap`, `user`, or `invalid_input`. */
export interface BatchReason {
  code: string;
  message: string;
}

/** What a batch applies to items that do not say it themselves. */
export interface BatchDefaults {
  /** Any model name; null: every item names its own. */
  model: string | null;
  /** Provider of items' own models; null or missing: their names say it. */
  provider?: string | null;
  /** Fields of a chat request (OpenAI's names), such as `max_tokens`. */
  parameters: Record<string, unknown>;
  /** How a run's samples are answered, decided when the run began: a panel of that name may have become another since. Missing: as the items' models say. */
  planned?: { plan: StrategyPlan; simulated: boolean };
}

/** One faulty line of the input. */
export interface BatchInputFault {
  /** From 1. */
  line: number;
  /** Null where the line names none that can be used. */
  customId: string | null;
  code: string;
  message: string;
  param: string | null;
}

/** Many requests, carried out together, durably; the workflow is `batch/<id>`. Counts and costs are sums over its rows, not columns. */
@Entity('batches')
@Check('batches_status', `"status" IN ('pending', 'submitting', 'submitted', 'running', 'collecting', 'paused', 'completed', 'failed', 'canceled')`)
@Check('batches_mode', `"mode" IN ('batch', 'realtime')`)
@Index('batches_idempotency', ['caller', 'idempotencyKey'], { unique: true, where: '"idempotency_key" IS NOT NULL' })
@Index('batches_caller_created', ['caller', 'createdAt', 'id'])
@Index('batches_created', ['createdAt', 'id'])
@Index('batches_input_file', ['inputFileId'])
@Index('batches_active', ['createdAt'], { where: `"status" NOT IN ('completed', 'failed', 'canceled')` })
export class BatchEntity {
  /** `batch_…`: the id of both interfaces. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'batches_pkey' })
  id!: string;

  @Column('text')
  caller!: string;

  @Column('text', { name: 'idempotency_key', nullable: true })
  idempotencyKey!: string | null;

  /** sha256 (hex) of what was asked for. */
  @Column('text', { name: 'body_hash' })
  bodyHash!: string;

  /** `conclave`: made at /api/batches; `openai`: at /v1/batches, which also gets an output and an error file. */
  @Column('text')
  interface!: 'conclave' | 'openai';

  @Column('text')
  status!: BatchStatus;

  @Column('jsonb', { nullable: true })
  reason!: BatchReason | null;

  @Column('text')
  mode!: BatchMode;

  /** Mode to go on in once what is at providers is collected; null: no switch. */
  @Column('text', { name: 'next_mode', nullable: true })
  nextMode!: BatchMode | null;

  @Column('jsonb')
  defaults!: BatchDefaults;

  @Column('jsonb')
  options!: BatchOptions;

  /** The client's own; at most 16 pairs. `cli_provider_override` and `cli_model_override` are true or false where the command line made it. */
  @Column('jsonb')
  metadata!: Record<string, string | boolean>;

  @Column('text', { array: true, default: '{}' })
  tags!: string[];

  @Column('text', { name: 'input_file_id' })
  @ForeignKey(() => FileEntity, 'id', { name: 'batches_input_file_id_fkey', onDelete: 'RESTRICT' })
  inputFileId!: string;

  @Column('text', { name: 'output_file_id', nullable: true })
  outputFileId!: string | null;

  @Column('text', { name: 'error_file_id', nullable: true })
  errorFileId!: string | null;

  /** Faulty lines, at most 100; with any the batch fails before a call is made. */
  @Column('jsonb', { name: 'input_faults', nullable: true })
  inputFaults!: BatchInputFault[] | null;

  /** Null: no cap. */
  @Column('text', { name: 'budget_id', nullable: true })
  @ForeignKey(() => BudgetEntity, 'id', { name: 'batches_budget_id_fkey', onDelete: 'RESTRICT' })
  budgetId!: string | null;

  /** Number of items; null until all are read. */
  @Column('integer', { name: 'item_count', nullable: true })
  itemCount!: number | null;

  /** Answers came from the simulated provider. */
  @Column('boolean')
  simulated!: boolean;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** When all items were read. */
  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'cancel_requested_at', nullable: true })
  cancelRequestedAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
