import type { ToolDefinition } from '../../../domain/chat/chat-request.js';
import { countTokens, type SimulatedRequest } from '../simulated-request.js';
import { keywordsOf } from './paragraph.js';
import { sampleSchema } from './schema-sample.js';

/** The calls of tools a simulated model makes, as name and arguments; empty where it answers in words. */
export function chooseToolCalls(request: SimulatedRequest, question: string, answer: string | null): { name: string; argumentsJson: string }[] {
  const { toolChoice, tools } = request;
  if (tools.length === 0 || toolChoice.type === 'none') return [];
  if (toolChoice.type === 'tool') {
    const named = tools.find((tool) => tool.name === toolChoice.name);
    return named ? [callOf(named, question, answer, null)] : [];
  }
  const answered = request.messages.at(-1)?.role === 'tool';
  const fitting = tools.find((tool) => mentions(question, tool)) ?? (toolChoice.type === 'required' ? tools[0] : undefined);
  if (!fitting || (answered && toolChoice.type !== 'required')) return [];
  const places = placesIn(question);
  if (places.length > 1 && request.parallelToolCalls) return places.slice(0, 4).map((place) => callOf(fitting, question, answer, place));
  return [callOf(fitting, question, answer, places[0] ?? null)];
}

/** What a model says once its tools have answered. */
export function reportToolResults(request: SimulatedRequest): string {
  const results: string[] = [];
  for (let index = request.messages.length - 1; request.messages[index]?.role === 'tool'; index--) results.unshift(request.messages[index]?.text ?? '');
  return `According to the ${results.length === 1 ? 'tool' : 'tools'}: ${results.join('; ')}`;
}

/** Tokens of offered tools, as part of the input. */
export function toolTokens(tools: ToolDefinition[]): number {
  return tools.length === 0 ? 0 : countTokens(JSON.stringify(tools));
}

function mentions(question: string, tool: ToolDefinition): boolean {
  const words = new Set(keywordsOf(`${tool.name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_.-]/g, ' ')} ${tool.description ?? ''}`, 20));
  return keywordsOf(question, 40).some((word) => words.has(word) || words.has(word.replace(/s$/, '')));
}

function placesIn(question: string): string[] {
  return [...question.matchAll(/(?:\b(?:in|for|of|at|and|to)|,)\s+([A-Z][\p{L}]+(?:\s[A-Z][\p{L}]+)*)/gu)].map((match) => match[1] ?? '');
}

function callOf(tool: ToolDefinition, question: string, answer: string | null, place: string | null): { name: string; argumentsJson: string } {
  const text = place ?? keywordsOf(question, 3).join(' ');
  return { name: tool.name, argumentsJson: JSON.stringify(sampleSchema(tool.parameters, { text: text || 'value', answer: place ?? answer ?? question.match(/\d+/)?.[0] ?? null })) };
}
