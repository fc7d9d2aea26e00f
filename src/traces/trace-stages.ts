import { z } from 'zod';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import type { CallRow } from './call-row.js';
import { isMaybeCharged } from './may-be-charged.js';

/** One stage of a completion, as its calls show it. */
export const stageSchema = z.object({
  stage: z.string().describe('Stages of a nested panel stand behind their seat: `propose/0/1/0:review`'),
  layer: z.int(),
  calls: z.int().describe('Attempts, failed ones included'),
  failed: z.int(),
  start_ms: z.int().describe('After the completion was created'),
  duration_ms: z.int().describe('From the first start to the last end'),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cost_usd: z.number().nullable().describe('Of the calls whose cost is known; null: of none'),
  cost_known: z.boolean(),
  bottleneck: z.object({ provider: z.string(), model: z.string(), duration_ms: z.int() }).describe('The call that ended last'),
});
export type StageBody = z.infer<typeof stageSchema>;

/** Groups calls by stage and layer, in order of their first start. Pure. */
export function stagesOf(calls: readonly CallRow[], createdAt: Date): StageBody[] {
  const groups = new Map<string, [CallRow, ...CallRow[]]>();
  for (const call of calls) {
    const name = `${stageName(call)}/${String(layerOf(call))}`;
    const group = groups.get(name);
    if (group) group.push(call);
    else groups.set(name, [call]);
  }
  return [...groups.values()].map((group) => stageOf(group, createdAt)).sort((left, right) => left.start_ms - right.start_ms);
}

function stageOf(group: [CallRow, ...CallRow[]], createdAt: Date): StageBody {
  const [first] = group;
  const startedAt = Math.min(...group.map((call) => call.started_at.getTime()));
  const last = group.reduce((left, right) => (right.ended_at > left.ended_at ? right : left));
  const paid = group.filter((call) => call.outcome === 'succeeded');
  const sum = (of: (call: CallRow) => number): number => paid.reduce((total, call) => total + of(call), 0);
  const costKnown = group.every((call) => call.cost_nano_usd !== null || !isMaybeCharged(call));
  return {
    stage: stageName(first),
    layer: layerOf(first),
    calls: group.length,
    failed: group.filter((call) => call.outcome === 'failed').length,
    start_ms: startedAt - createdAt.getTime(),
    duration_ms: last.ended_at.getTime() - startedAt,
    input_tokens: sum((call) => call.input_tokens ?? 0),
    output_tokens: sum((call) => call.output_tokens ?? 0),
    cost_usd: costInUsd({ costNanoUsd: sum((call) => Number(call.cost_nano_usd ?? 0)), costKnown }),
    cost_known: costKnown,
    bottleneck: { provider: last.provider, model: last.model, duration_ms: last.ended_at.getTime() - last.started_at.getTime() },
  };
}

// A call's key is `<path of the holding seats>:<stage>/<layer>/<member>/<sample>`.
function stageName(call: CallRow): string {
  const seat = call.key.lastIndexOf(':');
  return seat === -1 ? call.stage : `${call.key.slice(0, seat)}:${call.stage}`;
}

function layerOf(call: CallRow): number {
  const own = call.key.slice(call.key.lastIndexOf(':') + 1);
  const layer = Number(own.split('/')[1]);
  return Number.isInteger(layer) ? layer : 0;
}
