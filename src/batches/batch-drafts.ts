import { Inject, Injectable } from '@nestjs/common';
import { schemaFault } from '../../domain/ballots/bounded-schema.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { KeyChecks } from '../health/key-checks.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { TargetsService } from '../models/targets.service.js';
import { createBatchId } from './batch-id.js';
import { BatchInputsService, type BatchToRead } from './batch-inputs.service.js';
import type { BatchSurvey } from './batch-survey.js';
import type { NewBatch } from './batches.store.js';
import type { BatchOptionsBody } from './create-batch.dto.js';
import { resolveBatchOptions } from './resolve-batch-options.js';

/** What a batch is made of, whichever way it came in. `ownFile`: the input was written for this request and goes where the request is refused. */
export interface AskedBatch {
  options: BatchOptionsBody;
  inputFileId: string;
  ownFile: boolean;
  /** sha256 (hex) of the request. */
  hash: string;
}

/** A batch that could be written, and what its input holds. */
export interface DraftedBatch {
  draft: Omit<NewBatch, 'caller' | 'idempotencyKey' | 'bodyHash' | 'simulated'>;
  survey: BatchSurvey;
}

/** Makes of a request the batch that it asks for. */
@Injectable()
export class BatchDrafts {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly targets: TargetsService,
    private readonly inputs: BatchInputsService,
    private readonly checks: KeyChecks,
  ) {}

  /** Reads and checks everything the request says; writes nothing. */
  async read({ options: asked, inputFileId }: AskedBatch): Promise<DraftedBatch> {
    checkOptions(asked);
    const { provider, model, cli_provider_override: cliProvider = false, cli_model_override: cliModel = false } = asked;
    const target = this.targets.resolve({ cli: { provider: cliProvider ? provider : undefined, model: cliModel ? model : undefined }, request: { provider: cliProvider ? undefined : provider, model: cliModel ? undefined : model } });
    if (!target.ok && (provider !== undefined || model !== undefined)) throw badRequest(target.param, target.message, 'model_not_found');
    const mode = asked.mode ?? 'batch';
    const draft = {
      id: createBatchId(),
      interface: 'conclave' as const,
      mode,
      defaults: { model: target.ok ? target.target.name : null, parameters: asked.parameters ?? {}, ...(provider === undefined ? {} : { provider }) },
      options: resolveBatchOptions(asked, this.config.file.batches),
      metadata: { ...asked.metadata, cli_provider_override: cliProvider, cli_model_override: cliModel },
      tags: asked.tags ?? [],
      inputFileId,
      costCapNanoUsd: asked.cost_cap_usd === undefined ? null : Math.round(asked.cost_cap_usd * 1e9),
    };
    const toRead: BatchToRead = { ...draft, schema: draft.options.schema, capped: draft.costCapNanoUsd !== null };
    return { draft, survey: await this.inputs.survey(toRead, mode) };
  }

  /** Asks the providers of all models, before money is committed; throws what stands in the way, by the provider's name. */
  async checkProviders({ models }: BatchSurvey): Promise<void> {
    const faults = await this.checks.preflight(models);
    const [first] = faults;
    if (!first) return;
    throw new ApiError({
      status: first.code === 'model_disabled' || first.code === 'not_configured' ? 400 : 502,
      code: first.code === 'model_disabled' ? first.code : `provider_${first.code}`,
      message: `${faults.map((fault) => fault.message).join(' ')} Nothing was started.`,
      param: 'model',
      shouldRetry: first.mayPass,
    });
  }
}

function checkOptions({ parameters, schema }: BatchOptionsBody): void {
  if (parameters?.messages !== undefined || parameters?.model !== undefined) throw badRequest('parameters', "'parameters' holds 'messages' or 'model': name the model at the top, and messages in the items.");
  const fault = schema === undefined ? null : schemaFault(schema);
  if (fault !== null) throw badRequest('schema', fault);
}
