import { z } from 'zod';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import { strategyNames } from '../../domain/chat/plan.js';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import { assumedTokens, type CostEstimate } from './estimate-cost.js';

const seat = z.object({
  label: z.string().describe('`provider/model`, or the name of a nested panel'),
  kind: z.enum(['model', 'panel']),
  provider: z.string().nullable(),
  model: z.string().nullable(),
});

/** A panel as planned with every default. */
export const panelSchema = z
  .object({
    model: z.string().describe('What to write into a request'),
    strategy: z.enum(strategyNames),
    name: z.string().nullable().describe('Of a stored panel'),
    version: z.int().nullable().describe('Of a stored panel; a changed definition is a new version'),
    description: z.string().nullable(),
    members: z.array(seat),
    reviewers: z.array(seat).describe('Empty: the members review'),
    chairmen: z.array(seat).describe('In the order in which they are tried'),
    stages: z.array(z.object({ stage: z.string(), calls: z.int() })),
    options: z.record(z.string(), z.unknown()),
    estimate: z.object({
      calls: z.int().describe('Nested panels included'),
      input_tokens: z.int(),
      output_tokens: z.int(),
      cost_usd: z.number().nullable().describe('Of the calls whose price is known; null: of none'),
      cost_known: z.boolean().describe('Whether the price of every model is known'),
      assumed_tokens: z.object({ prompt: z.int(), answer: z.int(), review: z.int() }),
      note: z.string(),
    }),
    simulated: z.boolean(),
  })
  .meta({ id: 'Panel' });
export type PanelResponse = z.infer<typeof panelSchema>;

/** One line of the list of panels; `fault` says why a panel can't be used. */
export const panelListSchema = z
  .object({
    data: z.array(
      z.object({
        model: z.string(),
        name: z.string().nullable(),
        version: z.int().nullable(),
        strategy: z.enum(strategyNames).nullable(),
        description: z.string().nullable(),
        members: z.int().nullable(),
        calls: z.int().nullable(),
        fault: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'PanelList' });
export type PanelListItem = z.infer<typeof panelListSchema>['data'][number];

const note =
  'One undisturbed completion: every call once, no repairs, retries or early stops; a prompt, an answer and a review of the assumed tokens each. ' +
  'Council of N: N·p + N·(p + N·a) + (p + N·a + N·c) tokens in (N·(p + (N−1)·a) for the reviews with self_vote omit), N·a + N·c + a out.';

/** What `GET /api/panels/{name}` says of a plan. */
export function panelResponse(
  plan: StrategyPlan,
  facts: { model: string; description: string | null; simulated: boolean; stages: { stage: string; calls: number }[]; estimate: CostEstimate },
): PanelResponse {
  const { estimate } = facts;
  return {
    model: facts.model,
    strategy: plan.strategy,
    name: plan.panel?.name ?? null,
    version: plan.panel?.version ?? null,
    description: facts.description,
    members: plan.members.map(seatResponse),
    reviewers: plan.reviewers.map(seatResponse),
    chairmen: plan.chairmen.map(seatResponse),
    stages: facts.stages.map(({ stage, calls }) => ({ stage, calls })),
    options: optionsResponse(plan),
    estimate: {
      calls: estimate.calls,
      input_tokens: estimate.inputTokens,
      output_tokens: estimate.outputTokens,
      cost_usd: costInUsd(estimate),
      cost_known: estimate.costKnown,
      assumed_tokens: { ...assumedTokens },
      note,
    },
    simulated: facts.simulated,
  };
}

function seatResponse(member: MemberPlan): PanelResponse['members'][number] {
  return {
    label: member.label,
    kind: member.kind,
    provider: member.kind === 'model' ? member.model.provider : null,
    model: member.kind === 'model' ? member.model.model : null,
  };
}

// Named as in requests and conclave.yaml. A seed is drawn per completion, so none is shown.
function optionsResponse({ options }: StrategyPlan): Record<string, unknown> {
  return {
    deadline_ms: options.deadlineMs,
    call_timeout_ms: options.callTimeoutMs,
    quorum: options.quorum,
    grace: { ratio: options.grace.ratio, min_ms: options.grace.minMs, max_ms: options.grace.maxMs },
    order: options.order,
    self_vote: options.selfVote,
    rule: options.rule,
    tools: options.tools,
    layers: options.layers,
    samples: options.samples,
    stop_at: options.stopAt,
  };
}
