import { describe, expect, it } from '@jest/globals';
import { completedRecord } from '../../test/fixtures/completed-record.js';
import type { CompletionFailure } from '../../domain/chat/decision.js';
import { outcomeError } from './outcome-error.js';

const failed = (code: CompletionFailure['code']) => {
  const failure: CompletionFailure = { code, message: 'Why.', missing: [{ stage: 'propose', member: 'openai/a', failure: { code: 'rate_limit', message: 'Slow down.' } }], stageReached: null };
  return outcomeError({ ...completedRecord(), status: 'failed', decision: null, failure }).facts;
};

describe('outcomeError', () => {
  it.each([
    ['quorum_not_reached', 503],
    ['deadline_exceeded', 504],
    ['upstream_auth', 502],
    ['upstream_error', 502],
    ['bad_request', 400],
    ['context_length_exceeded', 400],
    ['content_filter', 400],
    ['canceled', 409],
    ['internal', 500],
  ] as const)('%s is %i, not to be repeated', (code, status) => {
    expect(failed(code)).toMatchObject({ status, code, shouldRetry: false, completionId: 'chatcmpl-1' });
  });

  it("names each member's cause", () => {
    expect(failed('quorum_not_reached').details).toMatchObject({ missing: [{ stage: 'propose', member: 'openai/a', code: 'rate_limit', message: 'Slow down.' }], calls: 4 });
  });
});
