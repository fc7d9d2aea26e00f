import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { PlanResult } from '../panels/plan-result.js';
import { PlansService } from '../panels/plans.service.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { untilDatabaseAnswers } from '../database/until-database-answers.js';
import { ApiError, unavailable } from '../http/api-error.js';
import { isEngineAway } from '../temporal/is-engine-away.js';
import { TemporalService } from '../temporal/temporal.service.js';
import { completionWorkflowId } from '../temporal/start-completion.js';
import type { AskedCompletion } from './asked-completion.js';
import { bodyHash } from './body-hash.js';
import type { CompletionFeed } from './completion-feed.js';
import { createCompletionId, isCompletionId } from './completion-id.js';
import type { CompletionRecord } from './completion-record.js';
import { CompletionStarter } from './completion-starter.js';
import { CompletionWaiter } from './completion-waiter.js';
import { CompletionsStore, type NewCompletion, type StartableCompletion } from './completions.store.js';
import { followUpOf, toolCallIdsOfTurn } from './follow-up.js';
import type { RequestClaim } from './request-claim.js';
import { wireTimings, type WireTimings } from './wire-timings.js';

/** A completion that runs or has run for a request, and what the request hears of it. */
export interface BegunCompletion {
  id: string;
  createdAt: Date;
  deadlineAt: Date;
  /** The request repeats one that came before, and pays nothing. */
  attached: boolean;
  asked: AskedCompletion;
  /** Whoever begins a completion closes its feed. */
  feed: CompletionFeed;
}

/** How long after its beginning a completion is found again by a repetition without idempotency key. */
const attachWindowMs = 15 * 60_000;

/** Begins completions, or finds the one that a request repeats: a client's retry pays once. */
@Injectable()
export class CompletionsService {
  private readonly logger = new Logger('Completions');
  readonly timings: WireTimings;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly plans: PlansService,
    private readonly store: CompletionsStore,
    private readonly waiter: CompletionWaiter,
    private readonly starter: CompletionStarter,
    private readonly temporal: TemporalService,
  ) {
    this.timings = wireTimings[config.policy];
  }

  /** What `map` makes of a body. Where it refuses one that names a model nobody knows, the model is told first: the rest can't be right yet. */
  understand<Meaning>(model: string, map: () => Meaning): Meaning {
    try {
      return map();
    } catch (error) {
      if (error instanceof ApiError && error.facts.status === 400) {
        const known = this.plans.preview(model);
        if (!known.ok && known.status === 404) throw refusal(known);
      }
      throw error;
    }
  }

  /** The row is written, then the workflow started; what dies between is started by the sweep. Throws `ApiError`. */
  async begin(asked: AskedCompletion, claim: RequestClaim): Promise<BegunCompletion> {
    const hash = bodyHash(asked.endpoint, claim.body);
    if (claim.isRepetition && claim.idempotencyKey === null) {
      const earlier = await this.patiently(() => this.store.findRepeated(claim.caller, hash, attachWindowMs));
      if (earlier) return this.attach(earlier, asked);
    }
    const { plan, simulated, request } = await this.plan(asked, claim.caller);
    const createdAt = new Date();
    const completion: NewCompletion = {
      id: createCompletionId(asked.endpoint, asked.model),
      caller: claim.caller,
      idempotencyKey: claim.idempotencyKey,
      bodyHash: hash,
      endpoint: asked.endpoint,
      model: asked.model,
      plan,
      request,
      stream: asked.stream,
      usageMode: asked.extensions.options.usage_mode ?? 'billing',
      simulated,
      createdAt,
      deadlineAt: new Date(createdAt.getTime() + plan.options.deadlineMs),
    };
    const created = await this.patiently(() => this.store.create(completion));
    if (!created && claim.idempotencyKey !== null) {
      const earlier = await this.patiently(() => this.store.findByKey(claim.caller, claim.idempotencyKey ?? ''));
      // Our own insert may have been committed although its answer was lost.
      if (earlier && earlier.id !== completion.id) return this.attach(sameBody(earlier, hash, claim.idempotencyKey), asked);
    }
    return this.run({ ...completion, status: 'running' }, asked, false);
  }

  /** The record of the caller's completion; throws a 404 where there is none. */
  async read(id: string, caller: string): Promise<CompletionRecord> {
    const record = isCompletionId(id) ? await this.patiently(() => this.store.read(id, caller)) : null;
    if (!record) throw new ApiError({ status: 404, code: 'completion_not_found', message: `Completion '${id.slice(0, 80)}' does not exist, or belongs to another API key.`, param: 'id' });
    return record;
  }

  /** The record once it has an outcome; null while it runs. Waits for a database that restarts. */
  async outcome(id: string): Promise<CompletionRecord | null> {
    const record = await untilDatabaseAnswers(() => this.store.read(id), { patienceMs: this.timings.patienceMs });
    return record && record.status !== 'running' ? record : null;
  }

  /** Asks the caller's completion to stop; one that has ended stays as it is. Returns its status before. */
  async cancel(id: string, caller: string): Promise<CompletionRecord['status']> {
    const { status } = await this.read(id, caller);
    if (status !== 'running') return status;
    try {
      await this.temporal.client.withDeadline(Date.now() + this.timings.startPatienceMs, () => this.temporal.client.workflow.getHandle(completionWorkflowId(id)).cancel());
    } catch (error) {
      if (isEngineAway(error)) throw unavailable('The workflow engine is away. Try again in a moment.', { completionId: id, cause: error });
      // It ended in this moment.
    }
    return status;
  }

  private async plan(asked: AskedCompletion, caller: string) {
    const followUp = await this.followUp(asked, caller);
    const request = followUp?.request ?? asked.request;
    const format = request.responseFormat;
    const result: PlanResult = this.plans.plan({
      model: followUp?.actingModel ?? asked.model,
      // The panel does not meet again: its parameters have no say in a follow-up.
      extensions: followUp ? { parameters: {}, options: withoutPanel(asked.extensions.options) } : asked.extensions,
      n: followUp ? 1 : asked.n,
      ...(request.sampling.seed === undefined ? {} : { seed: request.sampling.seed }),
      hasTools: (request.tools?.length ?? 0) > 0,
      jsonSchema: format?.type === 'json_schema' ? format.schema : null,
    });
    if (!result.ok) throw refusal(result);
    return { plan: result.plan, simulated: result.simulated, request };
  }

  private async followUp(asked: AskedCompletion, caller: string) {
    if (asked.trailingToolCallIds.length === 0) return null;
    const ids = [...new Set([...asked.trailingToolCallIds, ...toolCallIdsOfTurn(asked.request.messages)])];
    return followUpOf(asked.request, asked.trailingToolCallIds, await this.patiently(() => this.store.toolCallOwners(caller, ids)));
  }

  private attach(earlier: StartableCompletion, asked: AskedCompletion): Promise<BegunCompletion> {
    return this.run(earlier, asked, true);
  }

  private async run(completion: StartableCompletion, asked: AskedCompletion, attached: boolean): Promise<BegunCompletion> {
    const { id, createdAt, deadlineAt } = completion;
    const feed = this.waiter.follow(id);
    const begun = { id, createdAt, deadlineAt, attached, asked, feed };
    if (completion.status !== 'running') {
      feed.push({ kind: 'done' });
      return begun;
    }
    if (attached) feed.push({ kind: 'resync' });
    try {
      await (asked.stream ? this.startSoon(completion, feed) : this.start(completion, this.timings.startPatienceMs));
      return begun;
    } catch (error) {
      feed.close();
      throw error;
    }
  }

  // The client of a stream hears of us at once, however long the engine takes: the start goes on behind, and the stream tells what becomes of it.
  private async startSoon(completion: StartableCompletion, feed: CompletionFeed): Promise<void> {
    const { startPatienceMs, streamHeadersMs } = this.timings;
    const starting = this.start(completion, Math.max(startPatienceMs, completion.deadlineAt.getTime() - Date.now()));
    starting.catch((error: unknown) => {
      if (!(error instanceof ApiError)) this.logger.error({ msg: `Completion ${completion.id} could not be started.`, err: error });
      feed.push({ kind: 'refused', error: error instanceof ApiError ? error : unstartable(completion.id) });
    });
    await Promise.race([starting, wait(streamHeadersMs, undefined, { ref: false })]);
  }

  private async start(completion: StartableCompletion, patienceMs: number): Promise<void> {
    try {
      await this.starter.start(completion, patienceMs);
    } catch (error) {
      if (!isEngineAway(error)) throw error;
      throw unavailable(
        `The workflow engine is away. Completion ${completion.id} is accepted and starts by itself when the engine is back: repeat the request with the same Idempotency-Key, or read the completion by its id.`,
        { completionId: completion.id, retryAfterMs: 2_000, cause: error },
      );
    }
  }

  private patiently<Result>(attempt: () => Promise<Result>): Promise<Result> {
    return untilDatabaseAnswers(attempt, { patienceMs: this.timings.databasePatienceMs });
  }
}

function refusal({ status, code, message, param }: Extract<PlanResult, { ok: false }>): ApiError {
  return new ApiError({ status, code, message, param });
}

function unstartable(completionId: string): ApiError {
  return new ApiError({ status: 500, code: 'internal', message: 'The workflow could not be started. The log of the service has the cause under the id of the completion.', completionId });
}

function sameBody(earlier: StartableCompletion, hash: string, idempotencyKey: string): StartableCompletion {
  if (earlier.bodyHash === hash) return earlier;
  throw new ApiError({
    status: 422,
    code: 'idempotency_mismatch',
    message: `Idempotency-Key '${idempotencyKey.slice(0, 80)}' was used with another body before. Use a new key for a new request.`,
    param: 'Idempotency-Key',
    completionId: earlier.id,
  });
}

function withoutPanel({ seed, deadline_ms, usage_mode, stream_stages, trace }: AskedCompletion['extensions']['options']): AskedCompletion['extensions']['options'] {
  return Object.fromEntries(Object.entries({ seed, deadline_ms, usage_mode, stream_stages, trace }).filter(([, value]) => value !== undefined));
}
