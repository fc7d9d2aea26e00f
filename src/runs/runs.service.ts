import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { benchmarks, findBenchmark } from '../../domain/benchmarks/registry.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import { runIdOf } from '../../domain/runs/sample-id.js';
import { batchFault } from '../../domain/batches/batch-fault.js';
import { capFault, type CapFacts } from '../../domain/batches/cap-fault.js';
import { bodyHash } from '../completions/body-hash.js';
import type { RequestClaim } from '../completions/request-claim.js';
import { codeVersion } from '../config/product-version.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { KeyChecks } from '../health/key-checks.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { ModelsService } from '../models/models.service.js';
import type { CreateRunBody } from './create-run.dto.js';
import { RunEngine } from './run-engine.js';
import { RunStateStore, type NewRun } from './run-state.store.js';
import { RunTargetService, type RunTarget } from './run-target.service.js';
import { RunsStore, type RunRow } from './runs.store.js';

/** How long after its beginning a run is found again by a client's own repetition without idempotency key. */
const attachWindowMs = 15 * 60_000;

/** Accepts runs: decides what is measured, writes the row, starts the workflow. */
@Injectable()
export class RunsService {
  private readonly logger = new Logger('Runs');
  private readonly states: RunStateStore;
  // Of the code that runs: a later build may lie beside it.
  private readonly codeVersion = codeVersion();

  constructor(
    @Inject(POSTGRES_POOL) sql: Sql,
    private readonly targets: RunTargetService,
    private readonly models: ModelsService,
    private readonly checks: KeyChecks,
    private readonly store: RunsStore,
    private readonly engine: RunEngine,
  ) {
    this.states = new RunStateStore(sql);
  }

  /** Writes the run and starts it; a repetition gets the run that is there. Refused before anything is written: what names no benchmark, no target, or a provider that does not answer. */
  async create(body: CreateRunBody, claim: RequestClaim): Promise<RunRow> {
    const hash = bodyHash('runs', body);
    const earlier = await this.earlier(claim, hash);
    if (earlier) return earlier;
    checkBenchmarks(body.selected_benchmarks);
    const target = this.targets.resolve(body);
    checkCaps(body, target.plan, {
      price: ({ provider, model }) => this.models.price(provider, model, body.mode),
      outputLimit: ({ provider, model }) => this.models.find(provider, model)?.outputTokens ?? null,
    });
    this.targets.checkJudge(body.judge);
    if (body.mode === 'batch') checkBatch(target.plan);
    await this.checkProviders(target.plan);
    return this.write(this.newRun(body, target, { caller: claim.caller, idempotencyKey: claim.idempotencyKey, bodyHash: hash }));
  }

  private newRun(body: CreateRunBody, target: RunTarget, claim: Pick<NewRun, 'caller' | 'idempotencyKey' | 'bodyHash'>): NewRun {
    const judge = body.judge ?? null;
    const members = modelsOf(target.plan);
    return {
      id: runIdOf(randomBytes(12).toString('hex')),
      ...claim,
      provider: target.provider,
      model: target.model,
      plan: target.plan,
      mode: body.mode,
      benchmarks: body.selected_benchmarks,
      subset: { seed: body.subset_seed, count: body.subset_count ?? null, percent: body.subset_count === undefined ? (body.subset_pct ?? null) : null },
      epochs: body.epochs,
      concurrency: body.concurrency,
      caps: { nanoUsd: body.cost_cap_usd === undefined ? null : Math.round(body.cost_cap_usd * 1e9), tokens: body.token_cap ?? null },
      judge,
      config: body.config,
      tags: body.tags,
      metadata: {
        cli_provider_override: body.cli_provider_override ?? false,
        cli_model_override: body.cli_model_override ?? false,
        judge_is_member: judge !== null && members.some(({ provider, model }) => provider === judge.provider && model === judge.model) ? `${judge.provider}/${judge.model}` : null,
      },
      priceSnapshot: Object.fromEntries(members.map(({ provider, model }) => [`${provider}/${model}`, this.models.price(provider, model, body.mode)])),
      codeVersion: this.codeVersion,
      simulated: target.simulated,
    };
  }

  private async checkProviders(plan: StrategyPlan): Promise<void> {
    const [fault] = await this.checks.preflight(modelsOf(plan));
    if (!fault) return;
    throw new ApiError({ status: fault.mayPass ? 502 : 400, code: fault.code, message: `${fault.message} The run was not started.`, param: 'provider', shouldRetry: false });
  }

  // The row first, then the workflow; what dies between is started by the sweep.
  private async write(run: NewRun): Promise<RunRow> {
    const created = await this.states.create(run);
    if (!created && run.idempotencyKey !== null) {
      const earlier = await this.store.findByKey(run.caller, run.idempotencyKey);
      if (earlier && earlier.id !== run.id) return sameBody(earlier, run.bodyHash, run.idempotencyKey);
    }
    await this.engine.start(run).catch((error: unknown) => {
      this.logger.warn(`Run ${run.id} is accepted but could not be started yet: ${error instanceof Error ? error.message : String(error)}`);
    });
    const row = await this.store.find(run.id);
    if (!row) throw new Error(`Run ${run.id} is not in the database.`);
    return row;
  }

  private async earlier({ caller, idempotencyKey, isRepetition }: RequestClaim, hash: string): Promise<RunRow | null> {
    if (idempotencyKey === null) return isRepetition ? this.store.findRepeated(caller, hash, attachWindowMs) : null;
    const earlier = await this.store.findByKey(caller, idempotencyKey);
    return earlier ? sameBody(earlier, hash, idempotencyKey) : null;
  }
}

function checkBenchmarks(names: readonly string[]): void {
  const unknown = names.findIndex((name) => findBenchmark(name) === null);
  if (unknown !== -1) throw badRequest(`selected_benchmarks.${String(unknown)}`, `There is no benchmark '${names[unknown] ?? ''}'. There are: ${benchmarks.map(({ name }) => name).join(', ')}.`);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice !== -1) throw badRequest(`selected_benchmarks.${String(twice)}`, `Benchmark '${names[twice] ?? ''}' is named twice. Use 'epochs' to ask each item several times.`);
}

// What costs or writes nobody knows how much can't be held to a cap: such a run would stand still at its first call, whatever the cap is raised to.
function checkCaps(body: CreateRunBody, plan: StrategyPlan, facts: CapFacts): void {
  if (body.cost_cap_usd !== undefined) checkCostCap(body.config.cost, plan, facts);
  // Every benchmark limits its answers; ballots and reviews have no limit but the model's.
  const sampling = { maxOutputTokens: 1 };
  const fault = (body.cost_cap_usd !== undefined && body.config.cost === undefined ? capFault(plan, sampling, facts) : null) ?? (body.token_cap === undefined ? null : capFault(plan, sampling, { ...facts, cap: 'token_cap' }));
  if (fault) throw badRequest(fault.param, fault.message);
}

function checkCostCap(cost: CreateRunBody['config']['cost'], plan: StrategyPlan, facts: CapFacts): void {
  if (cost === 'none') throw badRequest('config.cost', `'config.cost' is 'none', so that nobody knows what a call costs, and 'cost_cap_usd' can't be held. Leave one of them out, or use 'token_cap'.`);
  if (cost !== undefined) return;
  const unpriced = modelsOf(plan).find((model) => facts.price(model) === null);
  if (unpriced) throw badRequest('cost_cap_usd', `The price of '${unpriced.provider}/${unpriced.model}' is unknown, so a cost cap can't be held. Leave 'cost_cap_usd' out and use 'token_cap', or give the model a price (PATCH /api/models/${unpriced.provider}/${unpriced.model}).`);
}

function checkBatch(plan: StrategyPlan): void {
  const fault = batchFault(plan);
  if (fault) throw badRequest('mode', `Mode 'batch' is not possible for this target: ${fault.message}`);
}

/** Every model a plan may call, each once. */
function modelsOf(plan: StrategyPlan): { provider: string; model: string }[] {
  const found = new Map<string, { provider: string; model: string }>();
  const look = (member: MemberPlan): void => {
    if (member.kind === 'model') found.set(`${member.model.provider}/${member.model.model}`, member.model);
    else [...member.plan.members, ...member.plan.reviewers, ...member.plan.chairmen].forEach(look);
  };
  [...plan.members, ...plan.reviewers, ...plan.chairmen].forEach(look);
  return [...found.values()];
}

function sameBody(earlier: RunRow, hash: string, idempotencyKey: string): RunRow {
  if (earlier.bodyHash === hash) return earlier;
  throw new ApiError({
    status: 422,
    code: 'idempotency_mismatch',
    message: `Idempotency-Key '${idempotencyKey.slice(0, 80)}' was used with another body before, for run '${earlier.id}'. Use a new key for a new run.`,
    param: 'Idempotency-Key',
  });
}
