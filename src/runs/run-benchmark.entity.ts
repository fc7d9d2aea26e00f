import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import type { BenchmarkProcedure } from '../../domain/benchmarks/benchmark-procedure.js';
import type { DatasetManifest } from '../../domain/benchmarks/benchmark.js';
import type { RunBenchmarkStatus } from '../../domain/runs/run-status.js';
import { RunEntity } from './run.entity.js';

/** One benchmark of a run, with what it was measured on. */
@Entity('run_benchmarks')
@Check('run_benchmarks_status', `"status" IN ('pending', 'running', 'succeeded', 'failed', 'skipped', 'needs_setup')`)
export class RunBenchmarkEntity {
  @PrimaryColumn('text', { name: 'run_id', primaryKeyConstraintName: 'run_benchmarks_pkey' })
  @ForeignKey(() => RunEntity, 'id', { name: 'run_benchmarks_run_id_fkey', onDelete: 'CASCADE' })
  runId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'run_benchmarks_pkey' })
  benchmark!: string;

  /** Order in the run, from 0. */
  @Column('integer')
  position!: number;

  @Column('text')
  status!: RunBenchmarkStatus;

  @Column('jsonb', { nullable: true })
  reason!: { code: string; message: string } | null;

  /** Null until its samples are loaded. */
  @Column('integer', { name: 'sample_count', nullable: true })
  sampleCount!: number | null;

  @Column('text', { name: 'scorer_version', nullable: true })
  scorerVersion!: string | null;

  /** With the hashes of the files that were read. */
  @Column('jsonb', { nullable: true })
  manifest!: DatasetManifest | null;

  /** sha256 (hex) over the prompts of all samples in order. */
  @Column('text', { name: 'prompt_hash', nullable: true })
  promptHash!: string | null;

  /** Null until its samples are loaded, and in runs older than the column: what it is now, then. */
  @Column('jsonb', { nullable: true })
  procedure!: BenchmarkProcedure | null;

  /** The batch that carries it, in mode `batch`. */
  @Column('text', { name: 'batch_id', nullable: true })
  batchId!: string | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
