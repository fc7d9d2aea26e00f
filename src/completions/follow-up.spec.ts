import { describe, expect, it } from '@jest/globals';
import { completedRecord } from '../../test/fixtures/completed-record.js';
import type { ChatMessage } from '../../domain/chat/chat-request.js';
import type { ToolCallOwner } from './completions.store.js';
import { followUpOf, toolCallIdsOfTurn } from './follow-up.js';

const asks = (id: string): ChatMessage => ({ role: 'assistant', content: '', toolCalls: [{ id, name: 'f', argumentsJson: '{}' }] });
const result = (toolCallId: string): ChatMessage => ({ role: 'tool', toolCallId, toolName: 'f', content: 'x' });
const user = (content: string): ChatMessage => ({ role: 'user', content });

const council = completedRecord({}, { candidates: [{ label: 'a', key: 'propose/0/0/0', text: 'A draft.', rank: 0, eligible: true }] }).decision;
const single = completedRecord({}, { source: 'single' }).decision;
const owner = (toolCallId: string, decision: ToolCallOwner['decision']): ToolCallOwner => ({ toolCallId, actingModel: 'openai/gpt-4o', decision });
const request = { messages: [{ role: 'system', content: 'Be kind.' } as const, user('q'), asks('t1'), result('t1')], sampling: {} };

describe('followUpOf', () => {
  it('goes to the model that asked, with the deliberation after the client\'s own system messages', () => {
    const followUp = followUpOf(request, ['t1'], [owner('t1', council)]);
    expect(followUp?.actingModel).toBe('openai/gpt-4o');
    expect(followUp?.request.messages.map(({ role }) => role)).toEqual(['system', 'system', 'user', 'assistant', 'tool']);
    expect(followUp?.request.messages[1]?.content).toContain('A draft.');
  });

  it('finds the deliberation of an earlier round of the same turn', () => {
    const followUp = followUpOf(request, ['t2'], [owner('t2', single), owner('t1', council)]);
    expect(followUp?.request.messages[1]?.content).toContain('A draft.');
  });

  it('adds nothing where nobody deliberated', () => {
    expect(followUpOf(request, ['t1'], [owner('t1', single)])?.request).toBe(request);
  });

  it('is none when the result belongs to nobody, or only an older one does', () => {
    expect(followUpOf(request, ['t1'], [])).toBeNull();
    expect(followUpOf(request, ['t2'], [owner('t1', council)])).toBeNull();
  });
});

describe('toolCallIdsOfTurn', () => {
  it('are those since the person last spoke', () => {
    expect(toolCallIdsOfTurn([user('a'), asks('t0'), result('t0'), asks('x'), user('b'), asks('t1'), result('t1'), asks('t2'), result('t2')])).toEqual(['t1', 't2']);
  });

  it('go on over text that came beside results', () => {
    expect(toolCallIdsOfTurn([user('b'), asks('t1'), result('t1'), user('reminder'), asks('t2'), result('t2')])).toEqual(['t1', 't2']);
  });
});
