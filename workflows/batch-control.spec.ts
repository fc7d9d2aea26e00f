import { describe, expect, it } from '@jest/globals';
import { initialControl, mayBegin, nextControl, pauseReason } from './batch-control.js';
import type { BatchEvent } from './batch-control.js';

function after(...events: BatchEvent[]) {
  return events.reduce(nextControl, initialControl);
}

const rateLimited: BatchEvent = { type: 'hindered', code: 'rate_limit', message: 'slow down' };
const refused: BatchEvent = { type: 'hindered', code: 'auth', message: 'key refused' };

describe('nextControl', () => {
  it.each<BatchEvent>([{ type: 'pause' }, { type: 'resume' }, { type: 'cancel' }, { type: 'retryFailed' }, { type: 'switchMode', mode: 'realtime' }])('$type twice does what it does once', (event) => {
    expect(after(event, event)).toEqual(after(event));
  });

  it('lets cancel win over everything, before and after', () => {
    const canceled = after({ type: 'pause' }, { type: 'switchMode', mode: 'batch' }, { type: 'cancel' });
    expect(canceled).toMatchObject({ canceled: true, switchTo: null });
    for (const event of [{ type: 'resume' }, { type: 'retryFailed' }, rateLimited] as const) expect(nextControl(canceled, event)).toBe(canceled);
  });

  it('pauses by itself for rate limits and resumes by the timer', () => {
    expect(after(rateLimited)).toMatchObject({ hold: { code: 'rate_limit', resumesByItself: true }, rateLimitPauses: 1 });
    expect(mayBegin(after(rateLimited, { type: 'timeUp' }))).toBe(true);
  });

  it('counts pauses in a row until a job brought answers', () => {
    expect(after(rateLimited, { type: 'timeUp' }, rateLimited).rateLimitPauses).toBe(2);
    expect(after(rateLimited, { type: 'timeUp' }, { type: 'progressed' }, rateLimited).rateLimitPauses).toBe(1);
  });

  it('counts several jobs that meet the same limit as one pause', () => {
    expect(after(rateLimited, rateLimited, rateLimited).rateLimitPauses).toBe(1);
  });

  it('waits for somebody where the key is refused, whatever the timer says', () => {
    expect(pauseReason(after(rateLimited, refused, { type: 'timeUp' }))).toEqual({ code: 'auth', message: 'key refused' });
    expect(pauseReason(after(refused, { type: 'resume' }))).toBeNull();
  });

  it('keeps the user\'s pause while its own ends', () => {
    expect(pauseReason(after({ type: 'pause' }, rateLimited, { type: 'timeUp' }))?.code).toBe('user');
  });
});
