import type { CallAnswer, CallPrompt, StageName } from '../../domain/chat/call.js';
import type { Choice, Missing } from '../../domain/chat/decision.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import { validateJson } from '../../domain/ballots/validate-json.js';
import { fenceFor } from '../../domain/prompts/candidate-list.js';
import { schemaRepairPrompt } from '../../domain/prompts/schema-repair.js';
import { askMember, judging, keyOf } from './ask-member.js';
import { toChoice } from './propose.js';
import { runStage } from './run-stage.js';
import type { SeatOutcome } from './run-stage.js';
import type { StrategyCall, StrategyContext } from './strategy.js';

export interface ChairmanQuestion {
  plan: StrategyPlan;
  context: StrategyContext;
  stage: Extract<StageName, 'chairman' | 'aggregate' | 'judge'>;
  prompt: CallPrompt;
  salt: string;
  /** Whether the answer is the client's: its sampling, tools, format and stream. Else (a judge) it is for another model. */
  isFinal: boolean;
  /** Reads a judge's answer; what it refuses hands over to the next in the chain. */
  accept?: (text: string) => boolean;
  deadlineAt: number;
}

/** The first usable answer of the chain and who gave it. */
export interface ChairmanAnswer {
  choice: Choice;
  keys: string[];
  member: MemberPlan;
}

/** Asks the chain one after the other until one answers usably; each gets its share of the time that is left. `answer` is null if none did. */
export async function askChairman(question: ChairmanQuestion): Promise<{ answer: ChairmanAnswer | null; missing: Missing[] }> {
  const { plan, context } = question;
  const missing: Missing[] = [];
  for (const [position, member] of plan.chairmen.entries()) {
    const share = (question.deadlineAt - context.now()) / (plan.chairmen.length - position);
    const stage = await runStage<ChairmanAnswer>({
      context,
      stage: question.stage,
      quorum: 1,
      grace: plan.options.grace,
      deadlineAt: context.now() + Math.round(share),
      seats: [{ member, start: () => askOne(question, member, position) }],
    });
    missing.push(...stage.missing);
    const answer = stage.answers[0]?.value;
    if (answer) return { answer, missing };
  }
  return { answer: null, missing };
}

async function askOne(question: ChairmanQuestion, member: MemberPlan, position: number): Promise<SeatOutcome<ChairmanAnswer>> {
  const { plan, context, isFinal } = question;
  const call: StrategyCall = {
    stage: question.stage,
    member,
    memberIndex: position,
    of: plan.chairmen.length,
    prompt: question.prompt,
    sampling: isFinal ? 'client' : judging,
    tools: isFinal && plan.options.tools !== 'none',
    ...(isFinal ? { responseFormat: 'client' as const } : {}),
    final: isFinal,
  };
  const answer = await askMember(context, call);
  if (!answer.ok) return answer;
  if (question.accept && !question.accept(answer.value.text)) return { ok: false, failure: { code: 'invalid_answer', message: 'The answer was not in the form asked for.' } };
  const schema = isFinal && answer.value.toolCalls.length === 0 ? plan.options.jsonSchema : null;
  if (schema === null) return { ok: true, value: { choice: toChoice(answer.value), keys: [keyOf(call)], member } };
  return inSchema({ question, call, answer: answer.value, schema, member });
}

/** Holds an answer to the client's schema, with one repair. */
async function inSchema(input: { question: ChairmanQuestion; call: StrategyCall; answer: CallAnswer; schema: Record<string, unknown>; member: MemberPlan }): Promise<SeatOutcome<ChairmanAnswer>> {
  const { question, call, answer, schema, member } = input;
  const first = validateJson(answer.text, schema);
  if (first.ok) return { ok: true, value: { choice: { ...toChoice(answer), text: first.text }, keys: [keyOf(call)], member } };
  const fence = fenceFor({ texts: [answer.text], salt: question.salt, purpose: 'schema' });
  const repair: StrategyCall = {
    ...call,
    stage: 'repair',
    layer: 1,
    tools: false,
    sampling: judging,
    final: false,
    prompt: schemaRepairPrompt({ answer: answer.text, problems: first.problems, schema, fence }),
  };
  const repaired = await askMember(question.context, repair);
  const second = repaired.ok ? validateJson(repaired.value.text, schema) : first;
  if (repaired.ok && second.ok) {
    return { ok: true, value: { choice: { ...toChoice(repaired.value), text: second.text }, keys: [keyOf(call), keyOf(repair)], member } };
  }
  return { ok: false, failure: { code: 'invalid_answer', message: `The answer does not follow the JSON schema of the request: ${second.ok ? '' : second.problems}` } };
}
