import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { priceKeyIn, pricesAreRefused } from '../../domain/pricing/price-key.js';
import { FilesService } from '../files/files.service.js';
import { isForm } from '../files/multipart.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { describeIssues } from '../http/describe-issues.js';
import type { AskedBatch } from './batch-drafts.js';
import { BatchesService } from './batches.service.js';
import { batchOptions, type BatchOptionsBody, type CreateBatchBody } from './create-batch.dto.js';

/** Reads what a request for a batch asks, from JSON or from a form. */
@Injectable()
export class BatchRequests {
  constructor(
    private readonly files: FilesService,
    private readonly batches: BatchesService,
  ) {}

  /** `body`: the JSON one, checked already. */
  async read(request: FastifyRequest, body: CreateBatchBody | undefined, caller: string): Promise<AskedBatch> {
    if (!isForm(request)) return this.batches.fromJson(body ?? {}, caller);
    const { fields, file } = await this.files.receive(request, caller);
    try {
      const options = optionsOf(fields);
      if (file) return this.batches.fromFile(options, file);
      return await this.batches.fromJson(options, caller);
    } catch (error) {
      if (file) await this.files.discard(file.id);
      throw error;
    }
  }
}

function optionsOf({ options, ...others }: Record<string, string>): BatchOptionsBody {
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) throw badRequest(stranger.slice(0, 60), `The form has the field '${stranger.slice(0, 60)}': send 'file', and everything else as JSON in 'options'.`);
  if (options === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(options);
  } catch {
    throw badRequest('options', `'options' is not valid JSON: '${options.slice(0, 60)}'.`, 'invalid_json');
  }
  const priced = priceKeyIn(value);
  const result = batchOptions.safeParse(value);
  if (priced === null && result.success) return result.data;
  throw new ApiError(describeIssues(priced === null ? (result.error?.issues ?? []) : [{ message: pricesAreRefused, path: priced }], value));
}
