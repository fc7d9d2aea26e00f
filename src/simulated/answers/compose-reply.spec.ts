import { describe, expect, it } from '@jest/globals';
import { approveVotePrompt } from '../../../domain/prompts/approve-vote.js';
import { candidateList } from '../../../domain/prompts/candidate-list.js';
import { chairmanSynthesisPrompt } from '../../../domain/prompts/chairman-synthesis.js';
import { councilReviewPrompt } from '../../../domain/prompts/council-review.js';
import { fuseAnalysisPrompt } from '../../../domain/prompts/fuse-analysis.js';
import { rankReviewPrompt } from '../../../domain/prompts/rank-review.js';
import type { CallPrompt } from '../../../domain/chat/call.js';
import { skillOfName } from '../model-profile.js';
import type { SimulatedRequest } from '../simulated-request.js';
import { composeReply } from './compose-reply.js';
import { readTask } from './read-task.js';

const question = 'What is 17*23?';
const texts = ['It is 390.', 'The product is 391.', 'About 400.'];

function requestOf(messages: [SimulatedRequest['messages'][number]['role'], string][], extra: Partial<SimulatedRequest> = {}): SimulatedRequest {
  return {
    provider: 'openai', model: 'gpt-4o', endpoint: 'chat.completions', stream: false, includeUsage: false, tools: [], toolChoice: { type: 'auto' },
    parallelToolCalls: true, json: null, n: 1, maxTokens: null, stop: [], seed: null, temperature: null,
    messages: messages.map(([role, text]) => ({ role, text, images: 0, toolCalls: [] })), ...extra,
  };
}

function ask(request: SimulatedRequest, options: { base?: string; skill?: number; seed?: number } = {}): string {
  const base = options.base ?? 'gpt-4o';
  const profile = { latencyMs: 0, tokensPerSecond: 0, skill: options.skill ?? 1, cached: 0, reasoningTokens: 0, vary: false, answer: null };
  const reply = composeReply({ request, task: readTask(request), base, profile, seed: options.seed ?? 1, repetition: 0, recorded: { answer: null, solution: null } });
  return reply.choices[0]?.text ?? '';
}

function asked(build: (candidates: string) => CallPrompt): SimulatedRequest {
  const prompt = build(candidateList({ texts, salt: 'salt', purpose: 'test' }));
  return requestOf([['system', prompt.system ?? ''], ['user', question], ['user', prompt.user ?? '']]);
}

describe('composeReply', () => {
  it('answers equally when asked equally, and knows arithmetic by skill', () => {
    const request = requestOf([['user', question]]);
    expect(ask(request)).toContain('391');
    expect(ask(request, { skill: 0 })).not.toContain('391');
    expect(ask(request)).toBe(ask(request));
  });

  it('is right about as often as its skill says', () => {
    const right = Array.from({ length: 400 }, (_, index) => ask(requestOf([['user', `What is ${index}+1000?`]]), { skill: 0.7 }).includes(String(index + 1000))).filter(Boolean).length;
    expect(right / 400).toBeGreaterThan(0.6);
    expect(right / 400).toBeLessThan(0.8);
  });

  it('gives parseable ballots that prefer the right answer', () => {
    expect(JSON.parse(ask(asked(approveVotePrompt)))).toMatchObject({ preferred: 'Assistant 2', votes: [{ verdict: 'REJECTED' }, { verdict: 'ACCEPTED' }, { verdict: 'REJECTED' }] });
    expect(JSON.parse(ask(asked(rankReviewPrompt)))).toMatchObject({ ranking: ['Assistant 2', expect.any(String), expect.any(String)] });
    const review = JSON.parse(ask(asked(councilReviewPrompt))) as { ranking: string[]; critiques: { answer: string }[] };
    expect([...review.ranking].sort()).toEqual(['Assistant 1', 'Assistant 2', 'Assistant 3']);
    expect(review.critiques).toHaveLength(3);
    expect(Object.keys(JSON.parse(ask(asked(fuseAnalysisPrompt))) as object)).toEqual(['consensus', 'contradictions', 'partial_coverage', 'unique_insights', 'blind_spots']);
  });

  it('judges texts, not labels: another order of the answers ranks the same texts', () => {
    const rankedTexts = (shown: string[]): (string | undefined)[] => {
      const prompt = rankReviewPrompt(candidateList({ texts: shown, salt: 's', purpose: 't' }));
      const ballot = JSON.parse(ask(requestOf([['user', 'Why do cats purr?'], ['user', prompt.user ?? '']]), { skill: 0.8 })) as { ranking: string[] };
      return ballot.ranking.map((label) => shown[Number(label.split(' ')[1]) - 1]);
    };
    expect(rankedTexts(texts)).toEqual(rankedTexts([...texts].reverse()));
  });

  it('writes a synthesis from the best answer', () => {
    expect(ask(asked((candidates) => chairmanSynthesisPrompt({ candidates, reviews: '', ranking: '' })))).toBe('Taking the answers together: The product is 391.');
  });

  it('calls a fitting tool with arguments of its schema, once for each place, and reports the results', () => {
    const tools = [{ name: 'get_weather', description: 'Current weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }];
    const request = requestOf([['user', 'What is the weather in Paris and Rome?']], { tools });
    const profile = { latencyMs: 0, tokensPerSecond: 0, skill: 1, cached: 0, reasoningTokens: 0, vary: false, answer: null };
    const reply = composeReply({ request, task: readTask(request), base: 'm', profile, seed: 1, repetition: 0, recorded: { answer: null, solution: null } });
    expect(reply.choices[0]?.toolCalls.map((call) => call.argumentsJson)).toEqual(['{"city":"Paris"}', '{"city":"Rome"}']);
    expect(ask(requestOf([['user', 'What is the weather in Paris?'], ['assistant', ''], ['tool', 'sunny, 21 °C']], { tools }))).toContain('sunny, 21 °C');
  });

  it('keeps to max tokens and stop sequences', () => {
    const text = ask(requestOf([['user', 'Why do cats purr?']], { maxTokens: 5 }));
    expect(text).toHaveLength(20);
    expect(ask(requestOf([['user', 'Why do cats purr?']], { stop: ['purr'] }))).not.toContain('purr');
  });

  it('expects large models to know more than small ones', () => {
    expect(skillOfName('claude-opus-4-5')).toBeGreaterThan(skillOfName('llama3.2-3b'));
  });
});
