import { describe, expect, it } from '@jest/globals';
import { accountTrouble, failedLine, restOfJob } from './after-job.js';

const options = { onStuck: 'resubmit', maxAttempts: 3 } as const;

describe('failedLine', () => {
  it('waits again while attempts are left, then fails', () => {
    expect(failedLine('server_error', 2, 'completed', options)).toEqual({ status: 'waiting', realtime: false });
    expect(failedLine('server_error', 3, 'completed', options)).toEqual({ status: 'failed', realtime: false });
  });

  it('fails at once what never passes', () => {
    expect(failedLine('bad_request', 1, 'completed', options).status).toBe('failed');
  });

  it('goes to realtime where the job was stuck and that was asked for, whatever it had', () => {
    expect(failedLine('timeout', 3, 'stuck', { ...options, onStuck: 'realtime' })).toEqual({ status: 'waiting', realtime: true });
    expect(failedLine('timeout', 1, 'stuck', { ...options, onStuck: 'fail' }).status).toBe('failed');
  });

  it('is canceled with its batch, unless its failure is final anyway', () => {
    expect(failedLine('server_error', 1, 'canceled', options).status).toBe('canceled');
    expect(failedLine('content_filter', 1, 'canceled', options).status).toBe('failed');
  });
});

describe('restOfJob', () => {
  it('keeps the provider\'s reason', () => {
    expect(restOfJob('failed', options, 'model gone')).toMatchObject({ again: true, failure: { code: 'server_error', message: 'model gone' } });
  });

  it.each([
    ['resubmit', { again: true, realtime: false }],
    ['realtime', { again: true, realtime: true }],
    ['fail', { again: false, realtime: false }],
  ] as const)('of a stuck job goes by on_stuck: %s', (onStuck, rule) => {
    expect(restOfJob('stuck', { onStuck }, null)).toMatchObject(rule);
  });

  it('is canceled with the batch', () => {
    expect(restOfJob('canceled', options, null).canceled).toBe(true);
  });
});

describe('accountTrouble', () => {
  it.each([
    ['token_limit_exceeded: Enqueued token limit reached for gpt-4o', 'rate_limit'],
    ['billing_hard_limit_reached: Billing hard limit has been reached', 'billing'],
    ['The model does not exist; we generate an error', null],
    [null, null],
  ])('%s', (error, code) => {
    expect(accountTrouble(error)).toBe(code);
  });
});
