import { attachmentsOf, callBound } from '../domain/batches/call-bound.js';
import type { BatchMode } from '../domain/batches/batch-status.js';
import { addLine, emptyJob, hasRoom, tooLarge } from '../domain/batches/pack-lines.js';
import type { JobLimits, OpenJob } from '../domain/batches/pack-lines.js';
import type { CallFailure } from '../domain/failures/failure-code.js';
import type { CallPrice } from '../domain/pricing/call-price.js';
import type { BatchPlanningStore, BatchToPlan, JobLineBound, WaitingCall, WaitingGroup, WrittenJob } from '../src/batches/batch-planning.store.js';
import type { BatchProvider } from '../src/providers/batch-provider.js';
import type { Provider, ProviderRequest } from '../src/providers/provider.js';
import { ProviderFailure } from '../src/providers/provider-failure.js';
import { withoutImages } from './adapt-request.js';
import { composeRequest, conversationOf } from './compose-request.js';

/** What the worker gives the planning of a batch. */
export interface PlanningParts {
  planning: BatchPlanningStore;
  provider(name: string): Provider;
  /** In the mode of the job, now; null: unknown. */
  price(provider: string, model: string, mode: BatchMode): CallPrice | null;
  /** Most tokens of one answer; null: unknown. */
  outputLimit(provider: string, model: string): number | null;
  /** Most tokens that the model reads and writes in one call; null: unknown. */
  contextLimit(provider: string, model: string): number | null;
  /** False only where the registry says that the provider takes no batches of this model. */
  batchSupport(provider: string, model: string): boolean | null;
  /** Most input tokens of one provider job; null: none is known. */
  jobTokenLimit(provider: string, model: string): number | null;
  /** False only where the registry says that the model takes no images. */
  acceptsImages(provider: string, model: string): boolean;
}

export interface AssignInput {
  batchId: string;
  round: number;
  batch: BatchToPlan;
  /** Jobs that may be added. */
  room: number;
  beat: () => void;
}

/** What became of the waiting calls: how many can't be sent at all, and what the cap did not allow. */
export interface Assigned {
  failed: number;
  heldBy: WrittenJob['heldBy'];
}

/** Calls read at once: conversations may be long. */
const pageSize = 100;
/** Calls of one realtime chunk: what a worker that dies leaves is found again in one query, and a chunk's workflow lasts minutes. */
const chunkLines = 200;
/** A job that was refused for its tokens is halved no further than to this: an account that takes less than that in its queue takes no batches. */
const leastJobTokens = 20_000;
/** Of a line besides its body and path: id, method, punctuation. */
const lineOverheadBytes = 160;

/** A line with the job it belongs to. */
interface PreparedLine extends JobLineBound {
  endpoint: string;
}
type Group = WaitingGroup & { mode: BatchMode; interface: BatchProvider | null; price: CallPrice | null };

/**
 * Puts waiting calls into jobs, in the order in which they were planned: by mode, provider, model and endpoint, within the provider's limits, as long as there is room for jobs and the cap allows
 * it. What a provider or model takes in no batch goes by realtime calls. A call that can't be sent at all fails.
 */
export async function assignCalls(parts: PlanningParts, input: AssignInput): Promise<Assigned> {
  const groups = (await parts.planning.waitingGroups(input.batchId)).map((group): Group => {
    const { mode, interface: batch } = modeOf(parts, group, input.batch.mode);
    // Read once: what is set aside for a line and what its answer is charged at is the same price.
    return { ...group, mode, interface: batch, price: parts.price(group.provider, group.model, mode) };
  });
  const assigner = new Assigner(parts, input);
  // Providers' jobs take hours, so they go first.
  for (const mode of ['batch', 'realtime'] as const) {
    for (const group of groups) {
      if (group.mode === mode && !assigner.isOver) await assigner.assign(group);
    }
  }
  return { failed: assigner.failed, heldBy: assigner.heldBy };
}

function modeOf(parts: PlanningParts, group: WaitingGroup, mode: BatchMode): { mode: BatchMode; interface: BatchProvider | null } {
  const realtime = { mode: 'realtime' as const, interface: null };
  if (mode === 'realtime' || group.realtimeOnly || parts.batchSupport(group.provider, group.model) === false) return realtime;
  const batch = providerOf(parts, group.provider)?.batch ?? null;
  return batch === null ? realtime : { mode: 'batch', interface: batch };
}

// A provider that is gone since the batch was read fails its calls when they are made, as a completion's would.
function providerOf(parts: PlanningParts, name: string): Provider | null {
  try {
    return parts.provider(name);
  } catch {
    return null;
  }
}

class Assigner {
  failed = 0;
  heldBy: WrittenJob['heldBy'] = null;
  private room: number;

  constructor(
    private readonly parts: PlanningParts,
    private readonly input: AssignInput,
  ) {
    this.room = input.room;
  }

  get isOver(): boolean {
    return this.room <= 0 || this.heldBy !== null;
  }

  async assign(group: Group): Promise<void> {
    const limits = await this.limitsOf(group);
    const open = new Map<string, OpenJob<PreparedLine>>();
    let cursor = '0';
    while (!this.isOver) {
      const calls = await this.parts.planning.waitingCalls(this.input.batchId, group, cursor, pageSize);
      const last = calls.at(-1);
      if (!last) break;
      cursor = last.id;
      await this.pack(group, calls, limits, open);
      this.input.beat();
    }
    for (const [endpoint, job] of open) await this.write(group, endpoint, job);
  }

  private async pack(group: Group, calls: readonly WaitingCall[], limits: JobLimits, open: Map<string, OpenJob<PreparedLine>>): Promise<void> {
    const failures: { id: string; failure: CallFailure }[] = [];
    for (const call of calls) {
      const line = await this.prepare(group, call);
      const fault = 'failure' in line ? line.failure : this.faultOf(group, line, limits);
      if ('failure' in line || fault) {
        if (fault) failures.push({ id: call.id, failure: fault });
        continue;
      }
      let job = open.get(line.endpoint);
      if (job && !hasRoom(job, line, limits)) {
        open.delete(line.endpoint);
        await this.write(group, line.endpoint, job);
        job = undefined;
      }
      if (this.isOver) break;
      if (!job) open.set(line.endpoint, (job = emptyJob()));
      addLine(job, line);
    }
    await this.parts.planning.failCalls(failures);
    this.failed += failures.length;
  }

  private async prepare(group: Group, call: WaitingCall): Promise<PreparedLine | { failure: CallFailure }> {
    try {
      const request = this.requestOf(group, call);
      const rendered = group.interface ? await group.interface.render(request) : { endpoint: '', body: request };
      const bytes = Buffer.byteLength(JSON.stringify(rendered.body));
      const bound = callBound({
        bytes,
        attachments: attachmentsOf(request.messages),
        model: group.model,
        contextLimit: this.parts.contextLimit(group.provider, group.model),
        maxOutputTokens: request.sampling.maxOutputTokens ?? null,
        outputLimit: this.parts.outputLimit(group.provider, group.model),
        price: group.price,
      });
      return { id: call.id, endpoint: rendered.endpoint, bytes: bytes + rendered.endpoint.length + lineOverheadBytes, ...bound };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  private requestOf(group: Group, { input, request }: WaitingCall): ProviderRequest {
    const composed = composeRequest(input, conversationOf(request));
    return this.parts.acceptsImages(group.provider, group.model) ? composed : withoutImages(composed).request;
  }

  private faultOf(group: Group, line: PreparedLine, limits: JobLimits): CallFailure | null {
    const size = tooLarge(line, limits);
    if (size !== null) return { code: 'bad_request', message: size };
    const { capped } = this.input.batch;
    const isUnbounded = (capped.nanoUsd && line.costNanoUsd === null) || (capped.tokens && line.outputTokens === null);
    return isUnbounded ? { code: 'bad_request', message: `What a call of '${group.provider}/${group.model}' may take is unknown (its price, or max_tokens), so a batch with a cap can't make it.` } : null;
  }

  private async limitsOf(group: Group): Promise<JobLimits> {
    if (!group.interface) return { lines: chunkLines, bytes: Number.POSITIVE_INFINITY, inputTokens: null };
    const { lines, bytes } = group.interface.limits;
    return { lines, bytes, inputTokens: await this.tokenLimitOf(group) };
  }

  /** A job that its provider refused for the account's tokens would be refused for ever as it is: the next one is half of it. */
  private async tokenLimitOf({ provider, model }: Group): Promise<number | null> {
    const known = this.parts.jobTokenLimit(provider, model);
    const refused = await this.parts.planning.refusedInputTokens(this.input.batchId, { provider, model });
    return refused === null ? known : Math.min(known ?? Number.POSITIVE_INFINITY, Math.max(leastJobTokens, Math.floor(refused / 2)));
  }

  private async write(group: Group, endpoint: string, job: OpenJob<PreparedLine>): Promise<void> {
    if (this.isOver) return;
    const { batchId, round, batch } = this.input;
    const written = await this.parts.planning.writeJob({ batchId, round, mode: group.mode, provider: group.provider, model: group.model, endpoint, price: group.price, lines: job.lines }, batch.budgetId);
    if (written.jobId !== null) this.room -= 1;
    this.heldBy = written.heldBy;
  }
}

function failureOf(error: unknown): CallFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ProviderFailure)) return { code: 'internal', message };
  return { code: error.code, message, ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }) };
}
