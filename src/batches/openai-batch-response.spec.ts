import { describe, expect, it } from '@jest/globals';
import { usageOf } from './batch-reads.store.js';
import type { BatchRow } from './batches.store.js';
import { openaiBatchBody, openaiStatus } from './openai-batch-response.js';

const at = new Date('2026-11-21T10:00:00Z');
const row: BatchRow = {
  id: 'batch_1', caller: 'anonymous', bodyHash: '', interface: 'openai', status: 'running', reason: null, mode: 'batch', nextMode: null, defaults: { model: null, parameters: {} },
  options: { pollIntervalMs: 1, maxPollIntervalMs: 1, maxAgeMs: 1, onStuck: 'fail', maxAttempts: 1, initialDelayMs: 1, backoffMultiplier: 1, schema: null, validationAttempts: 0, maxInflight: 1 },
  metadata: {}, tags: [], inputFileId: 'file-1', outputFileId: null, errorFileId: null, inputFaults: null, itemCount: 3, budgetId: null, simulated: false,
  createdAt: at, startedAt: at, cancelRequestedAt: null, finishedAt: null, costCapNanoUsd: null, reservedNanoUsd: null,
};
const sums = { counts: { pending: 0, succeeded: 2, failed: 1, canceled: 0 }, usage: { initial: usageOf(undefined), retry: usageOf(undefined) } };
const second = at.getTime() / 1000;

describe('openaiStatus', () => {
  it('has OpenAI\'s word for every state', () => {
    const word = (changes: Partial<BatchRow>) => openaiStatus({ ...row, ...changes });
    expect(word({ status: 'pending', startedAt: null })).toBe('validating');
    for (const status of ['submitting', 'submitted', 'running', 'paused'] as const) expect(word({ status })).toBe('in_progress');
    expect(word({ status: 'collecting' })).toBe('finalizing');
    expect(word({ cancelRequestedAt: at })).toBe('cancelling');
    expect(word({ status: 'canceled', cancelRequestedAt: at })).toBe('cancelled');
    expect(word({ status: 'completed', cancelRequestedAt: at })).toBe('completed');
    expect(word({ status: 'failed' })).toBe('failed');
    expect(word({ status: 'failed', reason: { code: 'deadline_exceeded', message: '' } })).toBe('expired');
  });
});

describe('openaiBatchBody', () => {
  it('sets the time of the state that was reached, and no other', () => {
    expect(openaiBatchBody({ ...row, status: 'completed', finishedAt: at }, sums)).toMatchObject({ completed_at: second, finalizing_at: second, failed_at: null, cancelled_at: null, expired_at: null, expires_at: second + 86_400, request_counts: { total: 3, completed: 2, failed: 1 } });
    expect(openaiBatchBody({ ...row, status: 'canceled', cancelRequestedAt: at, finishedAt: at }, sums)).toMatchObject({ cancelling_at: second, cancelled_at: second, completed_at: null });
    expect(openaiBatchBody({ ...row, status: 'failed', finishedAt: at, startedAt: null, inputFaults: [{ line: 2, customId: 'a', code: 'invalid_value', message: 'why', param: 'body' }] }, sums)).toMatchObject({
      failed_at: second, in_progress_at: null, errors: { object: 'list', data: [{ line: 2, code: 'invalid_value', message: "'a': why", param: 'body' }] },
    });
  });
});
