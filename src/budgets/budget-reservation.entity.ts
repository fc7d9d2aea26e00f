import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { safeInteger } from '../database/column-types.js';
import { BudgetEntity } from './budget.entity.js';

/** One reservation, once per key however often it is asked for; settled once. */
@Entity('budget_reservations')
export class BudgetReservationEntity {
  @PrimaryColumn('text', { name: 'budget_id', primaryKeyConstraintName: 'budget_reservations_pkey' })
  @ForeignKey(() => BudgetEntity, 'id', { name: 'budget_reservations_budget_id_fkey', onDelete: 'CASCADE' })
  budgetId!: string;

  /** What it is for: a provider job's id, a call's key. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'budget_reservations_pkey' })
  key!: string;

  @Column('bigint', { name: 'nano_usd', transformer: safeInteger })
  nanoUsd!: number;

  @Column('bigint', { transformer: safeInteger })
  tokens!: number;

  @Column('timestamptz', { name: 'settled_at', nullable: true })
  settledAt!: Date | null;
}
