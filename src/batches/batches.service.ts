import { Inject, Injectable, Logger } from '@nestjs/common';
import { bodyHash } from '../completions/body-hash.js';
import type { RequestClaim } from '../completions/request-claim.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { FilesService } from '../files/files.service.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { BatchEngine } from './batch-engine.js';
import { BatchDrafts, type AskedBatch } from './batch-drafts.js';
import { createBatchId } from './batch-id.js';
import { batchEndpoint, lineOfItem } from './batch-line.js';
import type { OpenAiBatchBody } from './batch-queries.dto.js';
import type { BatchSurvey } from './batch-survey.js';
import { BatchesStore, type BatchRow, type NewBatch } from './batches.store.js';
import type { BatchOptionsBody, CreateBatchBody } from './create-batch.dto.js';
import { estimateBody, type EstimateBody } from './estimate-response.js';
import { resolveBatchOptions } from './resolve-batch-options.js';

/** How long after its beginning a batch is found again by a client's own repetition without idempotency key. */
const attachWindowMs = 15 * 60_000;

/** Accepts batches. */
@Injectable()
export class BatchesService {
  private readonly logger = new Logger('Batches');

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly files: FilesService,
    private readonly drafts: BatchDrafts,
    private readonly store: BatchesStore,
    private readonly engine: BatchEngine,
  ) {}

  /** The input of a JSON request: inline items become a file, as every input is one. */
  async fromJson({ items, ...options }: CreateBatchBody, caller: string): Promise<AskedBatch> {
    const hash = hashOf({ ...options, items });
    if ((items === undefined) === (options.input_file_id === undefined)) throw badRequest('items', "Send either 'items' or 'input_file_id' (or a form with the field 'file').");
    if (items) return { options, inputFileId: (await this.files.write(caller, 'items.jsonl', linesOf(items))).id, ownFile: true, hash };
    return { options, inputFileId: await this.inputFile(options.input_file_id ?? '', caller), ownFile: false, hash };
  }

  /** The input of a form. */
  fromFile(options: BatchOptionsBody, file: { id: string; sha256: string }): AskedBatch {
    if (options.input_file_id !== undefined) throw badRequest('input_file_id', "'input_file_id' and a file are both given: leave one of them out.");
    return { options, inputFileId: file.id, ownFile: true, hash: hashOf({ ...options, file: file.sha256 }) };
  }

  /** Reads and checks everything, then writes the batch and starts it; a repetition gets the batch that is there. Where it is refused nothing stays. */
  async create(asked: AskedBatch, claim: RequestClaim): Promise<BatchRow> {
    return this.keepingNothing(asked, async () => {
      const earlier = await this.earlier(claim, asked.hash);
      if (earlier) return { batch: earlier, keep: false };
      const { draft, survey } = await this.drafts.read(asked);
      this.askForConfirmation(asked, survey);
      await this.drafts.checkProviders(survey);
      const batch = await this.write({ ...draft, caller: claim.caller, idempotencyKey: claim.idempotencyKey, bodyHash: asked.hash, simulated: survey.simulated || this.config.simulated });
      return { batch, keep: batch.inputFileId === asked.inputFileId };
    });
  }

  /** What the batch would take; starts nothing. */
  async estimate(asked: AskedBatch): Promise<EstimateBody> {
    try {
      const { draft, survey } = await this.drafts.read(asked);
      return estimateBody(survey, { mode: draft.mode, confirmAbove: this.config.file.batches.confirm_above });
    } finally {
      if (asked.ownFile) await this.files.discard(asked.inputFileId);
    }
  }

  /** `POST /v1/batches`: the file is read by the worker, and faulty lines fail the batch, as at OpenAI. */
  async createOpenAi(body: OpenAiBatchBody, claim: RequestClaim): Promise<BatchRow> {
    if (body.endpoint !== batchEndpoint) throw badRequest('endpoint', `'endpoint' is '${body.endpoint}': only '${batchEndpoint}' is possible.`);
    if (body.completion_window !== '24h') throw badRequest('completion_window', `'completion_window' is '${body.completion_window}': only '24h' is possible.`);
    const hash = bodyHash('openai-batches', body);
    const earlier = await this.earlier(claim, hash);
    if (earlier) return earlier;
    const inputFileId = await this.inputFile(body.input_file_id, claim.caller);
    return this.write({
      id: createBatchId(),
      caller: claim.caller,
      idempotencyKey: claim.idempotencyKey,
      bodyHash: hash,
      interface: 'openai',
      mode: 'batch',
      defaults: { model: null, parameters: {} },
      options: resolveBatchOptions({}, this.config.file.batches),
      metadata: body.metadata ?? {},
      tags: [],
      inputFileId,
      costCapNanoUsd: null,
      simulated: this.config.simulated,
    });
  }

  private askForConfirmation({ options }: AskedBatch, survey: BatchSurvey): void {
    const above = this.config.file.batches.confirm_above;
    if (options.confirm === true || survey.items <= above) return;
    throw new ApiError({
      status: 409,
      code: 'confirmation_required',
      message: `The batch has ${String(survey.items)} items; more than ${String(above)} need 'confirm: true'. The estimate is in 'conclave.estimate'.`,
      param: 'confirm',
      shouldRetry: false,
      details: { estimate: estimateBody(survey, { mode: options.mode ?? 'batch', confirmAbove: above }) },
    });
  }

  // The row first, then the workflow; what dies between is started by the sweep.
  private async write(batch: NewBatch): Promise<BatchRow> {
    const created = await this.store.create(batch);
    if (!created && batch.idempotencyKey !== null) {
      const earlier = await this.store.findByKey(batch.caller, batch.idempotencyKey);
      if (earlier && earlier.id !== batch.id) return sameBody(earlier, batch.bodyHash, batch.idempotencyKey);
    }
    await this.engine.start(batch).catch((error: unknown) => {
      this.logger.warn(`Batch ${batch.id} is accepted but could not be started yet: ${error instanceof Error ? error.message : String(error)}`);
    });
    const row = await this.store.find(batch.id);
    if (!row) throw new Error(`Batch ${batch.id} is not in the database.`);
    return row;
  }

  private async earlier({ caller, idempotencyKey, isRepetition }: RequestClaim, hash: string): Promise<BatchRow | null> {
    if (idempotencyKey === null) return isRepetition ? this.store.findRepeated(caller, hash, attachWindowMs) : null;
    const earlier = await this.store.findByKey(caller, idempotencyKey);
    return earlier ? sameBody(earlier, hash, idempotencyKey) : null;
  }

  private async inputFile(id: string, caller: string): Promise<string> {
    const file = await this.files.find(id, caller, 'input_file_id');
    if (file.purpose !== 'batch') throw badRequest('input_file_id', `File '${id}' has the purpose '${file.purpose}'; a batch reads files of purpose 'batch'.`);
    return file.id;
  }

  private async keepingNothing(asked: AskedBatch, work: () => Promise<{ batch: BatchRow; keep: boolean }>): Promise<BatchRow> {
    let keep = false;
    try {
      const done = await work();
      keep = done.keep;
      return done.batch;
    } finally {
      // A file that a batch has taken after all can't be removed.
      if (asked.ownFile && !keep) await this.files.discard(asked.inputFileId);
    }
  }
}

// Whether it was confirmed changes nothing of what is asked for.
function hashOf({ confirm: _, ...body }: Record<string, unknown>): string {
  return bodyHash('batches', body);
}

async function* linesOf(items: readonly Record<string, unknown>[]): AsyncGenerator<string> {
  let index = 0;
  for (const item of items) {
    if (index % 100 === 99) await new Promise(setImmediate);
    yield lineOfItem(item, index++);
  }
}

function sameBody(earlier: BatchRow, hash: string, idempotencyKey: string): BatchRow {
  if (earlier.bodyHash === hash) return earlier;
  throw new ApiError({
    status: 422,
    code: 'idempotency_mismatch',
    message: `Idempotency-Key '${idempotencyKey.slice(0, 80)}' was used with another body before, for batch '${earlier.id}'. Use a new key for a new batch.`,
    param: 'Idempotency-Key',
  });
}
