import { createHash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';
import { LRUCache } from 'lru-cache';
import { batchFault } from '../../domain/batches/batch-fault.js';
import { planWithSeed } from '../../domain/batches/plan-with-seed.js';
import { capFault, type CapFacts } from '../../domain/batches/cap-fault.js';
import type { ConclaveExtensions } from '../../domain/chat/conclave-extensions.js';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { priceKeyIn, pricesAreRefused } from '../../domain/pricing/price-key.js';
import { parseOpenAiBody } from '../completions/parse-openai-body.js';
import { storableJson } from '../completions/storable-json.js';
import type { AskedCompletion } from '../completions/asked-completion.js';
import { readLines } from '../files/read-lines.js';
import { ApiError } from '../http/api-error.js';
import { bodyLimitBytes } from '../http/describe-error.js';
import type { TargetResult } from '../models/resolve-target.js';
import type { PlanQuestion, PlanResult } from '../panels/plan-result.js';
import { foldSeed } from '../panels/plan-completion.js';
import { parseBatchLine, type BatchLine, type LineFault } from './batch-line.js';
import type { BatchDefaults, BatchInputFault } from './batch.entity.js';
import type { NewBatchItem } from './batch-items.store.js';

/** Most items of a batch. */
export const maxBatchItems = 100_000;
const cachedPlans = 1_000;
/** Lines read without letting other requests have their turn. */
const linesPerTurn = 20;

// A CommonJS module that exports the function itself; its types describe an ES module.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/** One line of a batch's input: an item to store, or why it is none. */
export type ReadItem = { ok: true; item: NewBatchItem } | { ok: false; fault: BatchInputFault };

/** What the reading of a batch's input depends on. */
export interface ItemReaderParts {
  batchId: string;
  defaults: BatchDefaults;
  /** The batch's JSON Schema: the response format of items that name none. */
  schema: Record<string, unknown> | null;
  /** OpenAI's lines only. */
  strict: boolean;
  /** What a cost cap must know of models; null: the batch has none. */
  cap: CapFacts | null;
  plan(question: PlanQuestion): PlanResult;
  resolve(levels: { request?: { provider: string; model: string } }): TargetResult;
}

/** A plan that items share, as it is stored: with seed 0. */
interface SharedPlan {
  plan: StrategyPlan;
  json: string;
  hash: string;
  simulated: boolean;
}

/** Reads the input of one batch, line by line: parsed, checked and planned. One reader reads one file once. */
export class ItemReader {
  private readonly customIds = new Set<string>();
  private readonly plans = new LRUCache<string, { shared: SharedPlan } | { fault: LineFault }>({ max: cachedPlans });
  private ordinal = 0;

  constructor(private readonly parts: ItemReaderParts) {}

  /** Items and faults in the order of the input; ends after the fault that too many items are. */
  async *read(source: AsyncIterable<Buffer>): AsyncGenerator<ReadItem> {
    let lines = 0;
    for await (const line of readLines(source, bodyLimitBytes)) {
      if (++lines % linesPerTurn === 0) await new Promise(setImmediate);
      if (this.ordinal >= maxBatchItems) {
        yield faulty(line.number, null, { code: 'too_many_items', message: `The batch has more than ${String(maxBatchItems)} items, the most it may have. Split it.`, param: null });
        return;
      }
      yield line.text === null ? faulty(line.number, null, { code: 'invalid_line', message: `The line ${line.fault}`, param: null }) : this.understand(line.text, line.number);
    }
    if (lines === 0) yield faulty(1, null, { code: 'empty_file', message: 'The input has no lines. Write one JSON object a line.', param: null });
  }

  private understand(text: string, number: number): ReadItem {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return faulty(number, null, { code: 'invalid_json_line', message: `The line is not valid JSON: '${text.slice(0, 40)}${text.length > 40 ? '…' : ''}'. Write one JSON object a line, without line breaks inside.`, param: null });
    }
    const parsed = parseBatchLine(value, number, this.parts.strict);
    if (!parsed.ok) return faulty(number, parsed.customId, parsed.fault);
    const { customId } = parsed.line;
    if (this.customIds.has(customId)) return faulty(number, customId, { code: 'duplicate_custom_id', message: `'custom_id' is '${customId.slice(0, 80)}', which an earlier line has. Give every line an id of its own.`, param: 'custom_id' });
    this.customIds.add(customId);
    try {
      return { ok: true, item: this.item(parsed.line, number) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, message, param } = error.facts;
      return faulty(number, customId, { code: code ?? 'invalid_value', message, param: param === undefined ? null : `${parsed.line.path}${param}` });
    }
  }

  private item({ customId, body }: BatchLine, line: number): NewBatchItem {
    const priced = priceKeyIn(body)?.join('.');
    if (priced !== undefined) throw refusal({ code: 'invalid_value', param: priced, message: `'${priced}': ${pricesAreRefused}.` });
    const asked = this.ask(body);
    const shared = this.shared(asked);
    const uncapped = this.parts.cap && capFault(shared.plan, asked.request.sampling, this.parts.cap);
    if (uncapped) throw refusal({ code: 'invalid_value', ...uncapped });
    const ordinal = this.ordinal++;
    const seed = asked.extensions.options.seed ?? (asked.request.sampling.seed === undefined ? seedOf(this.parts.batchId, customId) : foldSeed(asked.request.sampling.seed));
    return {
      line,
      ordinal,
      customId,
      model: asked.model,
      plan: shared.plan,
      planJson: shared.json,
      planHash: shared.hash,
      seed,
      request: asked.request,
      requestJson: storableJson(asked.request),
      simulated: shared.simulated,
    };
  }

  private ask(body: Record<string, unknown>): AskedCompletion {
    const { defaults, schema } = this.parts;
    const merged = { ...defaults.parameters, ...body, model: this.modelOf(body.model) };
    const asked = parseOpenAiBody(merged);
    refuseUnfit(asked);
    const request = schema && !asked.request.responseFormat ? { ...asked.request, responseFormat: { type: 'json_schema', name: 'output', schema } as const } : asked.request;
    return { ...asked, request };
  }

  private modelOf(named: unknown): unknown {
    const { provider, model } = this.parts.defaults;
    if (named === undefined || named === null) {
      if (model === null) throw refusal({ code: 'invalid_value', param: 'model', message: this.missingModel() });
      return model;
    }
    if (typeof named !== 'string' || provider === undefined || provider === null) return named;
    const resolved = this.parts.resolve({ request: { provider, model: named } });
    if (!resolved.ok) throw refusal({ code: 'model_not_found', param: 'model', message: resolved.message });
    return resolved.target.name;
  }

  // OpenAI's lines name their models themselves.
  private missingModel(): string {
    const fallback = this.parts.strict ? null : this.parts.resolve({});
    return `'model' is missing: name it in the item's body${this.parts.strict ? '' : ', or for all items as the batch\'s'}. ${fallback?.ok === false ? fallback.message : 'GET /v1/models lists all names.'}`;
  }

  // The item's seed is its own, so that plans can be shared.
  private shared({ model, extensions, n, request }: AskedCompletion): SharedPlan {
    const format = request.responseFormat;
    const jsonSchema = format?.type === 'json_schema' ? format.schema : null;
    const question: PlanQuestion = { model, extensions: withoutSeed(extensions), n, seed: 0, hasTools: (request.tools?.length ?? 0) > 0, jsonSchema };
    const key = JSON.stringify(question);
    let known = this.plans.get(key);
    if (!known) {
      known = this.planned(question);
      this.plans.set(key, known);
    }
    if ('fault' in known) throw refusal(known.fault);
    return known.shared;
  }

  private planned(question: PlanQuestion): { shared: SharedPlan } | { fault: LineFault } {
    const { planned } = this.parts.defaults;
    const result: PlanResult = planned ? { ok: true, plan: planWithSeed(planned.plan, 0), simulated: planned.simulated } : this.parts.plan(question);
    if (!result.ok) return { fault: { code: result.code, message: result.message, param: result.param } };
    const unfit = batchFault(result.plan);
    if (unfit) return { fault: { code: 'invalid_value', ...unfit } };
    const json = canonicalize(result.plan) ?? '';
    return { shared: { plan: result.plan, json: storableJson(result.plan), hash: createHash('sha256').update(json).digest('hex'), simulated: result.simulated } };
  }
}

/** The seed of an item that names none: the same whenever the batch is read. */
function seedOf(batchId: string, customId: string): number {
  return createHash('sha256').update(`${batchId}\n${customId}`).digest().readUInt32BE(0) & 0x7fffffff;
}

// What only has a meaning while somebody waits.
const waitingOptions = { deadline_ms: "A batch has no deadline per item; its 'max_age_hours' bounds its jobs.", usage_mode: 'A batch states the usage of all calls.', stream_stages: 'A batch does not stream.', trace: 'Traces of items are at /api/calls.' } as const;

function refuseUnfit({ stream, extensions: { options } }: AskedCompletion): void {
  if (stream) throw refusal({ code: 'invalid_value', param: 'stream', message: "'stream' is true, but nobody waits for a batch's answers. Remove it." });
  for (const [name, why] of Object.entries(waitingOptions)) {
    if (options[name as keyof typeof waitingOptions] === undefined) continue;
    throw refusal({ code: 'unsupported_parameter', param: `conclave.${name}`, message: `'conclave.${name}' has no meaning in a batch. ${why} Remove it.` });
  }
}

function withoutSeed({ parameters, options: { seed: _, ...options } }: ConclaveExtensions): ConclaveExtensions {
  return { parameters, options };
}

function refusal({ code, message, param }: LineFault): ApiError {
  return new ApiError({ status: 400, code, message, ...(param === null ? {} : { param }) });
}

function faulty(line: number, customId: string | null, { code, message, param }: LineFault): ReadItem {
  return { ok: false, fault: { line, customId, code, message, param } };
}
