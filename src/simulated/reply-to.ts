import { spoilBallot } from './answers/ballot-texts.js';
import { composeReply, usageOf, type AnswerInput } from './answers/compose-reply.js';
import { ballotEffects, type Effects } from './rules.js';
import type { SimulatedReply } from './simulated-request.js';
import type { SimulatedState } from './simulated-state.js';

/** The answer to a request, spoiled as its effects ask: the same for a realtime request and a line of a batch job. */
export function replyTo(state: SimulatedState, input: Pick<AnswerInput, 'request' | 'task' | 'base' | 'profile'> & { fingerprint: string; effects: Effects }): SimulatedReply {
  const { fingerprint, effects, ...asked } = input;
  const recorded = state.recorded.find({ base: asked.base, question: asked.task.question, fingerprint });
  const composed = composeReply({ ...asked, seed: state.seed, repetition: state.log.repetitionOf(fingerprint), recorded: { ...recorded, answer: effects.answer ?? recorded.answer } });
  const reply = spoil(composed, effects);
  if (reply !== composed) reply.usage = usageOf(asked.request, reply.choices, asked.profile);
  return reply;
}

function spoil(reply: SimulatedReply, effects: Effects): SimulatedReply {
  const fault = effects.fault?.name;
  if (fault === undefined && !effects.fenced) return reply;
  const choices = reply.choices.map((choice) => {
    if (fault === 'empty') return { ...choice, text: '', toolCalls: [], finishReason: 'stop' as const };
    if (fault === 'content_filter') return { ...choice, text: '', toolCalls: [], finishReason: 'content_filter' as const };
    if (fault === 'truncate') return { ...choice, text: choice.text.slice(0, Math.ceil(choice.text.length / 2)), toolCalls: [], finishReason: 'length' as const };
    const spoiled = fault === 'invalid_json' ? withoutJson(choice.text) : fault !== undefined && ballotEffects.includes(fault) ? spoilBallot(choice.text, fault) : choice.text;
    return { ...choice, text: effects.fenced && spoiled !== '' ? `\`\`\`json\n${spoiled}\n\`\`\`` : spoiled };
  });
  return { ...reply, choices };
}

/** What a model says that forgot half of the object. */
function withoutJson(text: string): string {
  return `Here is the result: {"answer": ${JSON.stringify(text.slice(0, 40))},`;
}
