import type { Usage } from '../../../domain/chat/chat-request.js';
import type { ModelProfile } from '../model-profile.js';
import { seededUnit } from '../seeded-hash.js';
import { countTokens, textOf, type SimulatedChoice, type SimulatedReply, type SimulatedRequest } from '../simulated-request.js';
import { ballotText } from './ballot-texts.js';
import { knownItem } from './known-items.js';
import { bestFirst, judgeCandidates } from './judge-candidates.js';
import { paragraphAbout } from './paragraph.js';
import { phraseAnswer } from './phrase-answer.js';
import type { Task } from './read-task.js';
import { sampleSchema } from './schema-sample.js';
import { solve, type Solution } from './solve.js';
import { chooseToolCalls, reportToolResults, toolTokens } from './tool-calls.js';

/** How a synthesis begins, so that it is told apart from the answer it was made of. */
const synthesisLead = 'Taking the answers together: ';

/** Everything an answer depends on. */
export interface AnswerInput {
  request: SimulatedRequest;
  task: Task;
  /** Model name without directives: the model's personality. */
  base: string;
  profile: ModelProfile;
  /** The server's seed. */
  seed: number;
  /** How often the same request came before; counts only where the profile says `vary`. */
  repetition: number;
  /** A fixed text (a recorded answer, or one given by a rule), or the known truth about the question. */
  recorded: { answer: string | null; solution: Solution | null };
}

/** The simulated model's reply: equal inputs give equal replies in any process. */
export function composeReply(input: AnswerInput): SimulatedReply {
  const choices = Array.from({ length: input.request.n }, (_, index) => composeChoice(input, index));
  return { choices, usage: usageOf(input.request, choices, input.profile) };
}

/** Tokens of a reply: the same numbers whichever wire format carries them. */
export function usageOf(request: SimulatedRequest, choices: SimulatedChoice[], profile: Pick<ModelProfile, 'cached' | 'reasoningTokens'>): Usage {
  const inputTokens = request.messages.reduce((sum, message) => sum + messageTokens(message), 0) + toolTokens(request.tools);
  const visible = choices.reduce((sum, choice) => sum + countTokens(choice.text) + choice.toolCalls.reduce((calls, call) => calls + countTokens(call.name + call.argumentsJson), 0), 0);
  return {
    inputTokens,
    outputTokens: visible + profile.reasoningTokens,
    cachedInputTokens: Math.floor(inputTokens * profile.cached),
    reasoningTokens: profile.reasoningTokens,
  };
}

function messageTokens(message: SimulatedRequest['messages'][number]): number {
  const calls = message.toolCalls.reduce((sum, call) => sum + countTokens(call.name + call.argumentsJson), 0);
  return 4 + countTokens(message.text) + 85 * message.images + calls;
}

function composeChoice(input: AnswerInput, index: number): SimulatedChoice {
  const { request, task } = input;
  const salt = [input.seed, request.seed ?? '', request.temperature ?? '', index, input.profile.vary ? input.repetition : 0].join('|');
  const fixed = input.recorded.answer ?? input.profile.answer;
  const solution = input.recorded.solution ?? knownItem(task.question) ?? solve(task.question);
  if (fixed === null && task.name !== 'approve' && task.name !== 'ranking' && task.name !== 'critiqueAndRanking' && task.name !== 'analysis') {
    const calls = chooseToolCalls(request, task.question, solution?.answer ?? null);
    if (calls.length > 0) {
      const toolCalls = calls.map((call, position) => ({ id: `call_${idOf(salt, input.base, task.question, request.messages.length, position)}`, ...call }));
      return { text: '', toolCalls, finishReason: 'tool_calls' };
    }
  }
  return limit(request, fixed ?? composeText(input, solution, salt));
}

function composeText(input: AnswerInput, solution: Solution | null, salt: string): string {
  const { request, task, base, profile } = input;
  if (request.messages.at(-1)?.role === 'tool') return reportToolResults(request);
  const judged = judgeCandidates({ candidates: task.candidates, question: task.question, solution, skill: profile.skill, reviewer: `${salt}|${base}` });
  if (task.name === 'synthesis') return synthesis(bestFirst(judged)[0]?.text ?? '', request, solution);
  if (task.name !== 'answer') return ballotText(task.name, judged, task.question);
  const right = seededUnit('right', salt, base, task.question) < profile.skill;
  const answer = solution && (right ? solution.answer : solution.wrong(seededUnit('mistake', salt, base, task.question)));
  const prompt = `${textOf(request, 'system')}\n${task.question}`;
  const images = request.messages.reduce((sum, message) => sum + message.images, 0);
  const text =
    solution && answer !== null ? phraseAnswer({ answer, solution, prompt, voice: base }) : paragraphAbout({ question: task.question, voice: `${salt}|${base}`, images });
  return request.json ? jsonText(request.json.schema, text, answer) : text;
}

function synthesis(best: string, request: SimulatedRequest, solution: Solution | null): string {
  if (request.json) return isJson(best) ? best : jsonText(request.json.schema, best, solution?.answer ?? null);
  return solution?.kind === 'exact' || best.length < 16 ? best : `${synthesisLead}${best.replace(synthesisLead, '')}`;
}

function jsonText(schema: Record<string, unknown> | null, text: string, answer: string | null): string {
  return JSON.stringify(schema ? sampleSchema(schema, { text, answer }) : { answer: answer ?? text });
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function limit(request: SimulatedRequest, text: string): SimulatedChoice {
  const stops = request.stop.map((stop) => text.indexOf(stop)).filter((at) => at !== -1);
  const stopped = stops.length > 0 ? text.slice(0, Math.min(...stops)) : text;
  if (request.maxTokens === null || countTokens(stopped) <= request.maxTokens) return { text: stopped, toolCalls: [], finishReason: 'stop' };
  return { text: stopped.slice(0, request.maxTokens * 4), toolCalls: [], finishReason: 'length' };
}

function idOf(...parts: (string | number)[]): string {
  return Array.from({ length: 4 }, (_, index) => Math.floor(seededUnit('id', index, ...parts) * 36 ** 6).toString(36).padStart(6, '0')).join('');
}
