import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { BenchmarkItem, Verdict } from '../../domain/benchmarks/benchmark.js';
import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { Decision } from '../../domain/chat/decision.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import type { SampleStatus } from '../../domain/runs/run-status.js';
import type { TokenChange } from '../../domain/runs/token-policy.js';
import { RunEntity } from './run.entity.js';

/** One item of a run × epoch: what was asked, answered, extracted, scored. Its calls are in the ledger under its id (mode realtime) or its batch item's. */
@Entity('run_samples')
@Check('run_samples_status', `"status" IN ('pending', 'done', 'error', 'canceled')`)
@Index('run_samples_once', ['runId', 'benchmark', 'itemId', 'epoch'], { unique: true })
@Index('run_samples_order', ['runId', 'benchmark', 'ordinal'], { unique: true })
@Index('run_samples_pending', ['runId', 'benchmark', 'ordinal'], { where: `"status" = 'pending'` })
export class RunSampleEntity {
  /** `<run id>.<benchmark>.<ordinal>`: the completion id of its calls. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'run_samples_pkey' })
  id!: string;

  /** The batch item that answered it, whose calls are in the ledger under that id; null: its calls are under its own. */
  @Column('text', { name: 'batch_item_id', nullable: true })
  batchItemId!: string | null;

  @Column('text', { name: 'run_id' })
  @ForeignKey(() => RunEntity, 'id', { name: 'run_samples_run_id_fkey', onDelete: 'CASCADE' })
  runId!: string;

  @Column('text')
  benchmark!: string;

  /** From 0, epoch by epoch in the subset's order. */
  @Column('integer')
  ordinal!: number;

  @Column('text', { name: 'item_id' })
  itemId!: string;

  /** From 0. */
  @Column('integer')
  epoch!: number;

  /** The item as it was read, so that a re-score needs no data set. */
  @Column('jsonb')
  item!: BenchmarkItem;

  /** Source index of each shown choice; null where there are none. */
  @Column('jsonb', { nullable: true })
  order!: number[] | null;

  @Column('text')
  expected!: string;

  /** The exact messages and parameters. */
  @Column('jsonb')
  request!: ChatRequest;

  @Column('text')
  status!: SampleStatus;

  /** The client's text: of the one call, or the decision's first choice. */
  @Column('text', { nullable: true })
  answer!: string | null;

  @Column('text', { name: 'finish_reason', nullable: true })
  finishReason!: string | null;

  /** What the strategy decided; null for a plain model. */
  @Column('jsonb', { nullable: true })
  decision!: Decision | null;

  @Column('text', { nullable: true })
  verdict!: Verdict | null;

  @Column('double precision', { nullable: true })
  score!: number | null;

  @Column('text', { nullable: true })
  extracted!: string | null;

  @Column('jsonb', { nullable: true })
  also!: Record<string, Verdict> | null;

  @Column('text', { name: 'scorer_version', nullable: true })
  scorerVersion!: string | null;

  /** Milliseconds from first call to answer; null in mode `batch`. */
  @Column('integer', { name: 'latency_ms', nullable: true })
  latencyMs!: number | null;

  /** Changes the output-token policy made to the request, in order: `shrunk`, `doubled`, each with the new limit. */
  @Column('jsonb', { name: 'token_changes', nullable: true })
  tokenChanges!: TokenChange[] | null;

  @Column('jsonb', { nullable: true })
  failure!: CallFailure | null;

  /** Times it came to an answer or an error. */
  @Column('integer', { default: 0 })
  attempt!: number;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
