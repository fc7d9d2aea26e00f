import { z } from 'zod';
import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { Decision } from '../../domain/chat/decision.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import { costInUsd } from '../../domain/pricing/cost-in-usd.js';
import type { CostEstimate } from '../panels/estimate-cost.js';
import { workflowsPage } from '../temporal/workflows-page.js';
import type { CallRow } from './call-row.js';
import { callWithTextBody, callWithTextSchema } from './call-response.js';
import { completionBody, completionSchema } from './completion-response.js';
import type { CompletionTraceRow } from './completion-row.js';
import { stagesOf, stageSchema } from './trace-stages.js';

const previewCharacters = 500;

const missing = z.object({ stage: z.string(), member: z.string(), code: z.string(), message: z.string() });
const toolCall = z.object({ id: z.string(), name: z.string(), arguments: z.string() });

const decisionSchema = z.object({
  source: z.string(),
  choices: z.array(z.object({ text: z.string(), tool_calls: z.array(toolCall), finish_reason: z.string() })),
  acting_model: z.string().nullable(),
  final_keys: z.array(z.string()).describe('Calls of the final stage'),
  candidates: z.array(
    z.object({
      label: z.string(),
      key: z.string(),
      text: z.string(),
      accepted: z.int().nullable(),
      preferred: z.int().nullable(),
      score: z.number().nullable(),
      rank: z.int().nullable(),
      eligible: z.boolean(),
    }),
  ),
  ballots: z.array(
    z.object({
      reviewer: z.string(),
      key: z.string(),
      order: z.array(z.int()).describe('Candidates in the order this reviewer saw them'),
      ranking: z.array(z.int()).nullable().describe('Candidates, best first'),
      accepted: z.array(z.boolean()).nullable(),
      preferred: z.int().nullable(),
      rejected: z.string().nullable().describe('Why the ballot does not count'),
    }),
  ),
  agreement: z.number().nullable(),
  statistics: z.record(z.string(), z.number().nullable()),
  missing: z.array(missing),
  stage_reached: z.string(),
});

/** The whole trace of a completion: request, plan, stages, calls, ballots, decision, cost. */
export const traceSchema = completionSchema
  .extend({
    request: z.object({
      messages: z.int(),
      roles: z.record(z.string(), z.int()),
      last_user_text: z.string().nullable().describe(`At most ${String(previewCharacters)} characters`),
      sampling: z.record(z.string(), z.unknown()),
      tools: z.array(z.string()),
      response_format: z.string().nullable(),
    }),
    plan: z.object({ members: z.array(z.string()), reviewers: z.array(z.string()), chairmen: z.array(z.string()), options: z.record(z.string(), z.unknown()) }),
    estimate: z
      .object({ calls: z.int(), input_tokens: z.int(), output_tokens: z.int(), cost_usd: z.number().nullable(), cost_known: z.boolean() })
      .describe("What the plan was expected to take, under the assumptions of /api/panels and at today's prices"),
    stages: z.array(stageSchema),
    calls: z.array(callWithTextSchema.extend({ start_ms: z.int().describe('After the completion was created') })),
    attempts: z.int().describe('Number of entries in `calls`'),
    decision: decisionSchema.nullable().describe('null while it runs, and where there is none'),
    failure: z.object({ code: z.string(), message: z.string(), stage_reached: z.string().nullable(), missing: z.array(missing) }).nullable(),
    temporal: z.object({ workflow_id: z.string(), url: z.string().nullable() }),
  })
  .meta({ id: 'Trace' });
export type TraceBody = z.infer<typeof traceSchema>;

/** Builds the trace from a completion's row and its ledger. */
export function traceBody(row: CompletionTraceRow, calls: readonly CallRow[], facts: { estimate: CostEstimate; uiUrl: string | null; namespace: string }): TraceBody {
  const { estimate, uiUrl, namespace } = facts;
  const workflowId = `completion/${row.id}`;
  return {
    ...completionBody(row),
    request: requestSummary(row.request),
    plan: planSummary(row.plan),
    estimate: { calls: estimate.calls, input_tokens: estimate.inputTokens, output_tokens: estimate.outputTokens, cost_usd: costInUsd(estimate), cost_known: estimate.costKnown },
    stages: stagesOf(calls, row.created_at),
    calls: calls.map((call) => ({ ...callWithTextBody(call), start_ms: call.started_at.getTime() - row.created_at.getTime() })),
    attempts: calls.length,
    decision: row.decision && decisionBody(row.decision),
    failure: row.failure && { code: row.failure.code, message: row.failure.message, stage_reached: row.failure.stageReached, missing: missingBody(row.failure.missing) },
    temporal: {
      workflow_id: workflowId,
      url: uiUrl === null ? null : `${workflowsPage(uiUrl, namespace)}/${encodeURIComponent(workflowId)}`,
    },
  };
}

function requestSummary(request: ChatRequest): TraceBody['request'] {
  const roles: Record<string, number> = {};
  for (const { role } of request.messages) roles[role] = (roles[role] ?? 0) + 1;
  const user = request.messages.findLast((message) => message.role === 'user');
  const text = typeof user?.content === 'string' ? user.content : user?.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  return {
    messages: request.messages.length,
    roles,
    last_user_text: text?.slice(0, previewCharacters) ?? null,
    sampling: { ...request.sampling },
    tools: (request.tools ?? []).map((tool) => tool.name),
    response_format: request.responseFormat?.type ?? null,
  };
}

function planSummary(plan: StrategyPlan): TraceBody['plan'] {
  const { jsonSchema: _schema, ...options } = plan.options;
  const labels = (members: MemberPlan[]): string[] => members.map((member) => member.label);
  return { members: labels(plan.members), reviewers: labels(plan.reviewers), chairmen: labels(plan.chairmen), options };
}

function decisionBody(decision: Decision): NonNullable<TraceBody['decision']> {
  return {
    source: decision.source,
    choices: decision.choices.map((choice) => ({
      text: choice.text,
      tool_calls: choice.toolCalls.map(({ id, name, argumentsJson }) => ({ id, name, arguments: argumentsJson })),
      finish_reason: choice.finishReason,
    })),
    acting_model: decision.actingModel,
    final_keys: decision.finalKeys,
    candidates: decision.candidates.map((candidate) => ({
      label: candidate.label,
      key: candidate.key,
      text: candidate.text,
      accepted: candidate.accepted ?? null,
      preferred: candidate.preferred ?? null,
      score: candidate.score ?? null,
      rank: candidate.rank ?? null,
      eligible: candidate.eligible,
    })),
    ballots: decision.ballots.map((ballot) => ({
      reviewer: ballot.reviewer,
      key: ballot.key,
      order: ballot.order,
      ranking: ballot.ranking ?? null,
      accepted: ballot.accepted ?? null,
      preferred: ballot.preferred ?? null,
      rejected: ballot.rejected ?? null,
    })),
    agreement: decision.agreement,
    statistics: decision.statistics,
    missing: missingBody(decision.missing),
    stage_reached: decision.stageReached,
  };
}

function missingBody(entries: Decision['missing']): z.infer<typeof missing>[] {
  return entries.map(({ stage, member, failure }) => ({ stage, member, code: failure.code, message: failure.message }));
}
