import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { CompletionEntity } from './completion.entity.js';

/** Which completion handed a tool call to which caller, so that the follow-up with its result is recognised. */
@Entity('tool_call_owners')
export class ToolCallOwnerEntity {
  @PrimaryColumn('text', { name: 'tool_call_id', primaryKeyConstraintName: 'tool_call_owners_pkey' })
  toolCallId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'tool_call_owners_pkey' })
  caller!: string;

  @Column('text', { name: 'completion_id' })
  @ForeignKey(() => CompletionEntity, 'id', { name: 'tool_call_owners_completion_id_fkey', onDelete: 'CASCADE' })
  completionId!: string;

  /** `provider/model` that asked for the call and gets the result. */
  @Column('text', { name: 'acting_model' })
  actingModel!: string;
}
