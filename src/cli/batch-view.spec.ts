import { describe, expect, it } from '@jest/globals';
import { batchLine, batchList, batchScreen, estimateText, exitCodeOf, integrityTable, isIntact, repairText } from './batch-view.js';
import { batchOnWire, type BatchOnWire, type JobOnWire } from './batch-wire.js';

const none = { input_tokens: 0, output_tokens: 0, cost_usd: 0, cost_known: true };
const job = (more: Partial<JobOnWire> = {}): JobOnWire => ({
  id: 'pjob_1', provider: 'openai', model: 'gpt-4o-mini', mode: 'batch', round: 0, status: 'running', provider_state: 'in_progress', reference: 'batch_abc', lines: 40, succeeded: 12, failed: 1, cost_usd: 0.25, cost_known: true, age_seconds: 100, ended_at: null, reason: null, ...more,
});
const batch = (more: Partial<BatchOnWire> = {}): BatchOnWire =>
  batchOnWire.parse({
    id: 'batch_1', status: 'running', reason: null, mode: 'batch', created_at: '2026-11-21T10:00:00.000Z', tags: ['night'], simulated: false,
    counts: { total: 40, pending: 30, succeeded: 9, failed: 1, canceled: 0 }, usage: { retry: none, total: { ...none, cost_usd: 0.0123 } }, cost_cap_usd: 2, jobs: [job()], eta_seconds: 300, ...more,
  });

describe('a batch on a terminal', () => {
  it('is summed up in one line', () => {
    expect(batchLine(batch())).toBe('batch_1 · running · 10/40 done · round 0: 13/40 calls · 1 failed · $0.01 of $2.00 · ETA 5m 00s');
    expect(batchLine(batch({ status: 'completed', finished_at: '2026-11-21T11:00:00.000Z', counts: { total: 2, pending: 0, succeeded: 2, failed: 0, canceled: 0 }, cost_cap_usd: null, eta_seconds: null, simulated: true }))).toBe('batch_1 · completed · 2/2 done · $0.01 · simulated');
  });

  it('never shows an unknown cost as a known one', () => {
    const costing = (cost_usd: number | null, cost_known: boolean) => batchLine(batch({ usage: { retry: none, total: { ...none, cost_usd, cost_known } }, cost_cap_usd: null }));
    expect(costing(null, false)).toContain('cost unknown');
    expect(costing(0.5, false)).toContain('at least $0.50');
    expect(costing(0.000012, true)).toContain('$0.000012');
  });

  it('shows each provider job: state, done of all, age that grows, cost, and where to find it', () => {
    const screen = batchScreen(batch({ jobs: [job(), job({ id: 'pjob_2', status: 'collected', provider_state: 'completed', reference: null, succeeded: 40, failed: 0, cost_usd: 0.5, cost_known: false, mode: 'realtime', ended_at: 'x' })] }), { width: 140, elapsedSeconds: 20 });
    const [first, second] = screen.split('\n').filter((line) => line.includes('gpt-4o-mini'));
    expect(first).toMatch(/openai .*running: in_progress.* 13\/40 \(1 failed\).*2m 00s.*\$0.25.* 3m 08s .*batch_abc/);
    expect(second).toMatch(/openai realtime.*collected: completed.*40\/40.*1m 40s.*≥\$0.50.*pjob_2/);
    expect(screen).toContain('25 %');
    expect(screen).toContain('ETA 4m 40s');
  });

  it('says why a batch waits and when it goes on', () => {
    const paused = batch({ status: 'paused', reason: { code: 'rate_limit', message: 'The provider is busy.' }, resumes_at: '2026-11-21T10:05:00.000Z' });
    expect(batchScreen(paused, { width: 80, elapsedSeconds: 0 })).toContain('The provider is busy. Goes on by itself at 2026-11-21T10:05:00.000Z.');
  });

  it('keeps to the screen: long names are shortened, and of many jobs those under way are shown', () => {
    const jobs = Array.from({ length: 50 }, (_, index) => job({ id: `pjob_${String(index)}`, model: 'accounts/fireworks/models/llama-v3p3-70b-instruct', provider: 'fireworks', provider_state: 'BATCH_STATE_SUCCEEDED', lines: 50_000, succeeded: 49_000, reference: `ref_${String(index)}`, age_seconds: 9_000, cost_usd: 0.000123, cost_known: false, status: index === 3 ? 'running' : 'collected' }));
    const screen = (width: number) => batchScreen(batch({ jobs }), { width, elapsedSeconds: 0 }).split('\n');
    const lines = screen(140);
    expect(lines.length).toBeLessThan(30);
    expect(lines.join('\n')).toContain('ref_3 ');
    expect(lines.at(-1)).toBe('… and 30 jobs more');
    expect(lines.join('\n')).toContain('accounts/f…');
    for (const width of [80, 89, 118, 119, 138, 139, 200]) for (const line of screen(width).slice(2)) expect([width, line.length <= width, line]).toEqual([width, true, line]);
  });

  it('shows an empty batch and a list', () => {
    expect(batchScreen(batch({ jobs: [], counts: { total: 0, pending: 0, succeeded: 0, failed: 0, canceled: 0 } }), { width: 40, elapsedSeconds: 0 })).toContain('0 %');
    expect(batchList([batch()], 140)).toMatch(/batch_1.*running.*10\/40.*night/);
    const many = batch({ id: `batch_${'a'.repeat(24)}`, status: 'submitting', counts: { total: 10_000, pending: 30, succeeded: 9_900, failed: 70, canceled: 0 } });
    for (const width of [80, 119, 120, 140]) for (const line of batchList([many], width).split('\n')) expect([width, line.length <= width, line]).toEqual([width, true, line]);
    expect(batchList([many], 80)).toContain(many.id);
  });

  it.each([
    ['completed', null, 0],
    ['failed', null, 1],
    ['canceled', null, 1],
    ['canceled', 'cost_cap', 1],
    ['paused', 'cost_cap', 2],
    ['failed', 'cost_cap', 2],
    ['paused', 'rate_limit', null],
    ['running', null, null],
    ['pending', null, null],
  ])('a batch that is %s for %s ends a watch with %s', (status, code, exit) => {
    expect(exitCodeOf({ status, reason: code === null ? null : { code, message: '' } })).toBe(exit);
  });

  it('says what a batch would take', () => {
    const estimate = { items: 51, calls: 204, input_tokens: 12_345, output_tokens: 900, cost_usd: 1.5, cost_known: true, models: ['openai/gpt-4o-mini'], simulated: false };
    expect(estimateText(estimate)).toBe('51 items, 204 calls to openai/gpt-4o-mini, about 12k tokens in and 900 out: $1.50');
    expect(estimateText({ ...estimate, items: 1, cost_usd: null, cost_known: false, simulated: true })).toBe('1 item, 204 calls to openai/gpt-4o-mini, about 12k tokens in and 900 out: cost unknown (simulated: nothing is charged)');
  });

  it('tells what verify found', () => {
    const whole = { expected: 3, valid: 3, failed: 0, missing: 0, duplicated: 0, orphaned: 0 };
    expect(isIntact({ totals: whole, items: {}, jobs: [] })).toBe(true);
    expect(isIntact({ totals: whole, items: { missing: 1 }, jobs: [] })).toBe(false);
    expect(isIntact({ totals: whole, items: {}, jobs: [{ id: 'pjob_1', ...whole, missing: 1 }] })).toBe(false);
    // Rows that a provider sent too much can't be mended and need not be.
    const tooMuch = { totals: { ...whole, duplicated: 2, orphaned: 1 }, items: {}, jobs: [{ id: 'pjob_1', ...whole, duplicated: 2, orphaned: 1 }] };
    expect(isIntact(tooMuch)).toBe(true);
    expect(integrityTable(tooMuch)).toContain('2 duplicated and 1 orphaned results changed nothing');
    expect(integrityTable({ totals: whole, items: { missing: 2 }, jobs: [{ id: 'pjob_1', round: 2, provider: 'openai', model: 'gpt-4o-mini', expected: 3, moved: 1, missing: 1 }] })).toMatch(/2 .*openai\/gpt-4o-mini.* 3 .* 1 .* 1 [^]*2 items missing/);
  });

  it('tells what a repair did, also where it could do nothing', () => {
    expect(repairText({ reconciled: 0, calls: 2, items: 1, started: true })).toBe('2 calls and 1 item are made again.');
    expect(repairText({ reconciled: 1, calls: 0, items: 0, started: false })).toBe('1 call had its answer after all.');
    expect(repairText({ reconciled: 0, calls: 0, items: 0, started: false })).toContain('Submit it as a new batch');
  });
});
