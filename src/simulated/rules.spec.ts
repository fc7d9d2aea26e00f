import { describe, expect, it } from '@jest/globals';
import { RuleBook } from './rules.js';

const subject = { provider: 'openai', model: 'gpt-4o', base: 'gpt-4o', task: 'answer', endpoint: 'chat.completions', rawBody: '{"x":"needle"}', scope: 'request' as const };

describe('RuleBook', () => {
  it('applies a rule to the next requests only as often as it says, after those it skips', () => {
    const rules = new RuleBook(1);
    rules.add([{ effect: '429', count: 2, skip: 1, retryAfterSeconds: 3 }]);
    const faults = [1, 2, 3, 4].map((number) => rules.take(subject, [], null, number).fault);
    expect(faults).toEqual([null, { name: '429', retryAfterSeconds: 3 }, { name: '429', retryAfterSeconds: 3 }, null]);
  });

  it('matches by provider, model, task and content', () => {
    const rules = new RuleBook(1);
    rules.add([{ effect: '500', provider: 'anthropic' }, { effect: '500', model: 'gpt-4' }, { effect: '500', task: 'ranking' }, { effect: '503', contains: 'needle' }]);
    expect(rules.take(subject, [], null, 1).fault?.name).toBe('503');
    expect(rules.list().map((rule) => rule.used)).toEqual([0, 0, 0, 1]);
  });

  it('does not use up a ballot fault on requests that are no ballots', () => {
    const rules = new RuleBook(1);
    rules.add([{ effect: 'malformed_ballot', count: 1 }]);
    expect(rules.take(subject, [], null, 1).fault).toBeNull();
    expect(rules.take({ ...subject, task: 'approve' }, [], null, 2).fault?.name).toBe('malformed_ballot');
  });

  it('draws random faults the same way in each run', () => {
    const draw = (): (string | undefined)[] => {
      const rules = new RuleBook(7);
      rules.add([{ effect: '503', probability: 0.5 }]);
      return Array.from({ length: 40 }, (_, number) => rules.take(subject, [], null, number).fault?.name);
    };
    expect(draw()).toEqual(draw());
    expect(new Set(draw()).size).toBe(2);
  });

  it('counts directives of a model name on their own', () => {
    const rules = new RuleBook(1);
    const take = (): string | undefined => rules.take(subject, [{ effect: '500', count: 1 }], null, 1).fault?.name;
    expect([take(), take()]).toEqual(['500', undefined]);
  });
});
