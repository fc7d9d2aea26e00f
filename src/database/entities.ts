import { ApiKeyEntity } from '../keys/api-key.entity.js';
import { RequestLimitEntity } from '../keys/request-limit.entity.js';
import { CompletionEntity } from '../completions/completion.entity.js';
import { StreamChunkEntity } from '../completions/stream-chunk.entity.js';
import { ToolCallOwnerEntity } from '../completions/tool-call-owner.entity.js';
import { ModelOverrideEntity } from '../models/model-override.entity.js';
import { ModelPriceEntity } from '../models/model-price.entity.js';
import { RegistrySeedEntity } from '../models/registry-seed.entity.js';
import { PanelEntity } from '../panels/panel.entity.js';
import { PayloadEntity } from '../temporal/payload.entity.js';
import { BatchCallEntity } from '../batches/batch-call.entity.js';
import { BatchItemEntity } from '../batches/batch-item.entity.js';
import { BatchPlanEntity } from '../batches/batch-plan.entity.js';
import { BatchEntity } from '../batches/batch.entity.js';
import { ProviderJobEntity } from '../batches/provider-job.entity.js';
import { BudgetReservationEntity } from '../budgets/budget-reservation.entity.js';
import { BudgetEntity } from '../budgets/budget.entity.js';
import { SigningKeyEntity } from '../exports/signing-key.entity.js';
import { FileChunkEntity } from '../files/file-chunk.entity.js';
import { FileEntity } from '../files/file.entity.js';
import { ProviderRateEntity } from '../limits/provider-rate.entity.js';
import { ProviderSlotEntity } from '../limits/provider-slot.entity.js';
import { ProviderStateEntity } from '../limits/provider-state.entity.js';
import { RunBenchmarkEntity } from '../runs/run-benchmark.entity.js';
import { RunSampleEntity } from '../runs/run-sample.entity.js';
import { RunEntity } from '../runs/run.entity.js';
import { CallEntity } from '../traces/call.entity.js';

/** Every table of the product. */
export const entities = [
  ApiKeyEntity,
  RequestLimitEntity,
  CompletionEntity,
  StreamChunkEntity,
  ToolCallOwnerEntity,
  ModelPriceEntity,
  ModelOverrideEntity,
  RegistrySeedEntity,
  PanelEntity,
  PayloadEntity,
  CallEntity,
  BudgetEntity,
  BudgetReservationEntity,
  FileEntity,
  FileChunkEntity,
  BatchEntity,
  BatchPlanEntity,
  BatchItemEntity,
  ProviderJobEntity,
  BatchCallEntity,
  ProviderStateEntity,
  ProviderSlotEntity,
  ProviderRateEntity,
  RunEntity,
  RunBenchmarkEntity,
  RunSampleEntity,
  SigningKeyEntity,
];
