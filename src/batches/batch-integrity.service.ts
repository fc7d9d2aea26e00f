import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import { schemaFault } from '../../domain/ballots/bounded-schema.js';
import { isFinal } from '../../domain/batches/batch-status.js';
import type { Sql, Statement } from '../database/sql.js';
import { FilesStore } from '../files/files.store.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { BatchEngine } from './batch-engine.js';
import { BatchIntegrityStore } from './batch-integrity.store.js';
import { BatchItemsStore } from './batch-items.store.js';
import type { RevalidateBody } from './batch-queries.dto.js';
import { BatchReadsService } from './batch-reads.service.js';
import { BatchesStore, type BatchRow } from './batches.store.js';
import { integrityBody, repairBody, revalidationBody, type IntegrityBody, type RepairBody, type RevalidationBody } from './integrity-response.js';
import { writeOutputs } from './write-outputs.js';

/** Says whether batches are whole, mends them, and judges stored answers anew. */
@Injectable()
export class BatchIntegrityService {
  constructor(
    private readonly reads: BatchReadsService,
    private readonly store: BatchIntegrityStore,
    private readonly engine: BatchEngine,
  ) {}

  async verify(id: string, caller: string): Promise<IntegrityBody> {
    await this.reads.find(id, caller);
    const integrity = await this.store.verify(id);
    if (!integrity) throw new Error(`Batch ${id} was there a moment ago and is gone.`);
    return integrityBody(id, integrity);
  }

  /** Has what is missing made again, and nothing else paid. */
  async repair(id: string, caller: string): Promise<RepairBody> {
    const batch = await this.reads.find(id, caller);
    if (batch.status === 'canceled' || batch.cancelRequestedAt) throw new ApiError({ status: 409, code: 'conflict', message: `Batch '${id}' was canceled, which is for good. Make a new batch of what is missing.` });
    const repaired = await this.store.repair(id);
    const goesOn = repaired.calls > 0 || repaired.items > 0;
    // Not a retry: that would pay for the items that failed as well. One that runs finds the calls when it plans its next round.
    if (goesOn) await this.engine.startSoon(batch);
    return repairBody(id, repaired, goesOn);
  }

  /** Judges stored answers by the given schema, else by the batch's own, and writes the files of OpenAI's interface anew, all or nothing; calls nobody. */
  async revalidate(id: string, caller: string, body: RevalidateBody): Promise<RevalidationBody> {
    const batch = await this.reads.find(id, caller);
    if (!isFinal(batch.status)) throw underWay(batch);
    const schema = body?.schema ?? batch.options.schema;
    if (schema === null) throw badRequest('schema', `Batch '${id}' has no schema. Send one: {"schema": {…}}.`);
    const fault = schemaFault(schema);
    if (fault !== null) throw badRequest('schema', fault);
    const judged = await this.store.revalidate(id, schema, (tx) => rewriteOutputs(tx, batch));
    if (judged === null) throw underWay(await this.reads.find(id, caller));
    this.reads.forgetSums(batch);
    return revalidationBody(id, judged);
  }
}

// An item that failed now stands in the error file, and one that did not in the output file.
async function rewriteOutputs(tx: Sql, batch: BatchRow): Promise<void> {
  const { id, status, reason } = batch;
  if (batch.interface !== 'openai' || !isFinal(status)) return;
  const files = await writeOutputs({ files: new FilesStore(tx), items: new BatchItemsStore(inTurn(tx)) }, batch);
  await new BatchesStore(tx).finish(id, { status, reason, ...files });
}

// Results are read by two questions at once, and a transaction's one connection takes one after the other.
function inTurn(tx: Sql): Sql {
  let last: Promise<unknown> = Promise.resolve();
  return {
    query: <Row extends QueryResultRow>(statement: Statement) => {
      const answer = last.then(() => tx.query<Row>(statement));
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}

function underWay({ id, status }: BatchRow): ApiError {
  return new ApiError({ status: 409, code: 'conflict', message: `Batch '${id}' is ${status}: its answers are judged as they come. Revalidate it when it is over.` });
}
