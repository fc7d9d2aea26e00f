import { Injectable } from '@nestjs/common';
import type { CapFacts } from '../../domain/batches/cap-fault.js';
import type { BatchMode } from '../../domain/batches/batch-status.js';
import { FilesStore } from '../files/files.store.js';
import { ApiError } from '../http/api-error.js';
import { ModelsService } from '../models/models.service.js';
import { TargetsService } from '../models/targets.service.js';
import { PlansService } from '../panels/plans.service.js';
import type { BatchDefaults } from './batch.entity.js';
import { surveyItems, type BatchSurvey } from './batch-survey.js';
import { ItemReader } from './item-reader.js';

/** What of a batch decides how its input is read. */
export interface BatchToRead {
  id: string;
  interface: 'conclave' | 'openai';
  inputFileId: string;
  defaults: BatchDefaults;
  schema: Record<string, unknown> | null;
  capped: boolean;
}

/** Reads inputs of batches: in the api before a batch is accepted, in the worker to load it. */
@Injectable()
export class BatchInputsService {
  // A batch may go over to realtime, whose price is the higher one.
  private readonly capFacts: CapFacts = {
    price: ({ provider, model }) => this.models.price(provider, model) && this.models.price(provider, model, 'batch'),
    outputLimit: ({ provider, model }) => this.models.find(provider, model)?.outputTokens ?? null,
  };

  constructor(
    private readonly files: FilesStore,
    private readonly plans: PlansService,
    private readonly targets: TargetsService,
    private readonly models: ModelsService,
  ) {}

  /** The items of a stored input, in order, as they are read. */
  read(batch: BatchToRead) {
    const reader = new ItemReader({
      batchId: batch.id,
      defaults: batch.defaults,
      schema: batch.schema,
      strict: batch.interface === 'openai',
      cap: batch.capped ? this.capFacts : null,
      plan: (question) => this.plans.plan(question),
      resolve: (levels) => this.targets.resolve(levels),
    });
    return reader.read(this.files.read(batch.inputFileId));
  }

  /** Reads the whole input; throws a 400 that tells up to 100 faulty lines. */
  async survey(batch: BatchToRead, mode: BatchMode): Promise<BatchSurvey> {
    const survey = await surveyItems(this.read(batch), (plan, tokens) => this.plans.estimate(plan, { mode, tokens }));
    if (survey.faultCount > 0) throw faultyInput(survey);
    return survey;
  }
}

function faultyInput({ faults, faultCount }: BatchSurvey): ApiError {
  const [first] = faults;
  const more = faultCount > 1 ? ` ${String(faultCount)} lines are faulty; ${faultCount > faults.length ? `the first ${String(faults.length)}` : 'all'} are listed.` : '';
  return new ApiError({
    status: 400,
    code: first?.code ?? 'invalid_input',
    message: `Line ${String(first?.line ?? 1)}${first?.customId == null ? '' : ` ('${first.customId.slice(0, 80)}')`}: ${first?.message ?? 'is faulty.'}${more} Nothing was started.`,
    ...(first?.param == null ? {} : { param: first.param }),
    details: { faults: faults.map(({ line, customId, code, message, param }) => ({ line, custom_id: customId, code, message, param })), fault_count: faultCount },
  });
}
