import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { BatchEntity } from './batch.entity.js';

/** A plan that items of a batch share; its seed is the item's own. */
@Entity('batch_plans')
export class BatchPlanEntity {
  @PrimaryColumn('text', { name: 'batch_id', primaryKeyConstraintName: 'batch_plans_pkey' })
  @ForeignKey(() => BatchEntity, 'id', { name: 'batch_plans_batch_id_fkey', onDelete: 'CASCADE' })
  batchId!: string;

  /** sha256 (hex) of the canonical plan with seed 0. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'batch_plans_pkey' })
  hash!: string;

  @Column('jsonb')
  plan!: StrategyPlan;
}
