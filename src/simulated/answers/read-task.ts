import { outputFormats, parseCandidateBlocks } from '../../../domain/prompts/output-formats.js';
import type { SimulatedRequest } from '../simulated-request.js';

/** What a prompt asks for: one of our strategies' outputs, a synthesis of shown answers, or a plain answer. */
export type TaskName = 'approve' | 'ranking' | 'critiqueAndRanking' | 'analysis' | 'synthesis' | 'answer';

export interface Task {
  name: TaskName;
  candidates: { label: string; text: string }[];
  /** What the client asked: the latest user message that shows no answers, else the prompt without them. */
  question: string;
}

const formats: [Exclude<TaskName, 'synthesis' | 'answer'>, string][] = [
  ['approve', outputFormats.approve],
  ['critiqueAndRanking', outputFormats.critiqueAndRanking],
  ['ranking', outputFormats.ranking],
  ['analysis', outputFormats.analysis],
];

/** Recognises the prompts of our strategies by the output formats and candidate blocks they contain. */
export function readTask(request: Pick<SimulatedRequest, 'messages'>): Task {
  const userTexts = request.messages.filter((message) => message.role === 'user').map((message) => message.text);
  const systemText = request.messages.filter((message) => message.role === 'system').map((message) => message.text).join('\n\n');
  const instructions = [systemText, ...userTexts].join('\n\n');
  const name = formats.find(([, format]) => instructions.includes(format))?.[0];
  const shown = [...userTexts].reverse().find((text) => text.includes('\n[[end ')) ?? systemText;
  const candidates = shown.includes('\n[[end ') ? parseCandidateBlocks(shown) : [];
  const ours = name !== undefined || shown.includes('\n[[end ');
  return { name: name ?? (candidates.length > 0 ? 'synthesis' : 'answer'), candidates, question: questionOf(userTexts, ours) };
}

function questionOf(userTexts: string[], ours: boolean): string {
  const last = userTexts.at(-1) ?? '';
  if (!ours) return last;
  const isOurs = (text: string): boolean => text.includes('\n[[end ') || text.includes(outputFormats.repair) || formats.some(([, format]) => text.includes(format));
  const asked = [...userTexts].reverse().find((text) => !isOurs(text));
  return asked ?? last.replace(/^\[\[[\s\S]*?\n\[\[end [^\]]*\]\]/gm, '').trim();
}
