import { describe, expect, it } from '@jest/globals';
import { comparisonText } from './run-comparison-view.js';
import { runRequest, samplesOf } from './run-start.js';
import { accuracyText, benchmarkTable, runExitCodeOf, runLine, runList, runMilestone, runScreen, sampleList } from './run-view.js';
import { comparisonOnWire, runOnWire, type BenchmarkOnWire, type RunOnWire } from './run-wire.js';

const benchmark = (more: Partial<BenchmarkOnWire> = {}): BenchmarkOnWire => ({
  name: 'gsm8k', display_name: 'GSM8K', status: 'running', reason: null, samples: 200, done: 90, unextracted: 0, errors: 10, accuracy: 0.85, wilson_95: [0.7625, 0.9095], input_tokens: 20_000, output_tokens: 9_000,
  cost_usd: 0.5, cost_known: true, rate_per_second: 4, eta_seconds: 25, batch_id: null, ...more,
});
const run = (more: Partial<RunOnWire> = {}): RunOnWire =>
  runOnWire.parse({
    id: 'run_1', status: 'running', reason: null, provider: 'openai', model: 'gpt-4o-mini', strategy: 'single', mode: 'realtime', subset: { seed: 'conclave', percent: null, count: 200 }, epochs: 1, cost_cap_usd: 5, token_cap: null,
    tags: ['night'], metadata: {}, simulated: false, code_version: '0.1.0', created_at: '2026-11-21T10:00:00.000Z', benchmarks: [benchmark()], ...more,
  });
const sample = { id: 'run_1.gsm8k.0', benchmark: 'gsm8k', item_id: 'gsm8k-7', epoch: 0, status: 'done', expected: '18', extracted: 'x'.repeat(90), verdict: 'incorrect', failure: null };
const listed = { name: 'gsm8k', display_name: 'GSM8K', description: '', metric: 'accuracy', badge: 'simplified', differences: [{ what: 'prompt', official: 'eight examples', here: 'none' }], items: 1_319, dataset: { licence: 'MIT' } };
const screen = (of: RunOnWire, width = 140, elapsedSeconds = 0): string => runScreen(of, { width, elapsedSeconds });

describe('a run on a terminal', () => {
  it('shows each benchmark: done of all, accuracy with its interval, errors, tokens, cost, end and rate', () => {
    const [first, bar, ...table] = screen(run(), 140, 5).split('\n');
    expect(first).toBe('run_1 · running · openai/gpt-4o-mini · 100/200 done · 10 errors · 29k tokens · $0.50 of $5.00 · ETA 20s');
    expect(bar).toContain(' 50 %');
    expect(table.find((line) => line.includes('gsm8k'))).toMatch(/gsm8k .* running .* 100\/200 .* 85\.0 % \[76\.3–91\.0\] .* 10 .* 29k .* \$0\.50 .* 20s .* 4\.0\/s/);
  });

  it('tells as much on a narrow one, in two lines each, and one for what has not begun', () => {
    const next = benchmark({ name: 'svamp', status: 'pending', done: 0, errors: 0, samples: 0, accuracy: null, input_tokens: 0, output_tokens: 0, cost_usd: 0, rate_per_second: null, eta_seconds: null });
    expect(screen(run({ benchmarks: [benchmark(), next] }), 80, 5).split('\n').slice(-3)).toEqual([
      'gsm8k  running  100/200  85.0 % [76.3–91.0]  10 errors',
      '  29k tokens · $0.50 · 4.0/s · ETA 20s',
      'svamp  pending      0/?  –                   0 errors',
    ]);
  });

  it('breaks lines between figures, not within them', () => {
    const narrow = screen(run({ benchmarks: [benchmark({ rate_per_second: 0.25 })] }), 36).split('\n');
    expect(narrow).toEqual(['run_1 · running · openai/gpt-4o-mini', '100/200 done · 10 errors', '29k tokens · $0.50 of $5.00', 'ETA 25s', expect.stringContaining(' 50 %'), 'gsm8k  running  100/200', '  85.0 % [76.3–91.0]  10 errors', '  29k tokens · $0.50 · 0.25/s', 'ETA 25s']);
  });

  it('is not steered by names and answers of others', () => {
    const hostile = '\u001b[2Jx\u202ey\n';
    const told = [screen(run({ model: hostile, reason: { code: 'x', message: hostile }, benchmarks: [benchmark({ name: hostile })] })), screen(run({ benchmarks: [benchmark({ name: hostile })] }), 80), runLine(run({ model: hostile })), runList([run({ model: hostile, tags: [hostile] })], 200), sampleList([{ ...sample, extracted: hostile }], 200)];
    for (const text of told) expect([text.includes('\ufffd[2Jx\ufffdy'), /[\u0000-\u0009\u000b-\u001f\u202e]/.test(text)]).toEqual([true, false]);
  });

  it('names a target of our own by its name, and what is simulated or imported', () => {
    expect(runLine(run({ provider: 'conclave', model: 'composite/council/gpt-4o', simulated: true, mode: 'batch', metadata: { imported: {} } }))).toMatch(/^run_1 · running · composite\/council\/gpt-4o · batch · .* · simulated · imported · gsm8k 100\/200 85\.0 %.* 10 errors$/);
  });

  it('never shows an unknown cost as a known one, nor nothing as an accuracy', () => {
    expect(screen(run({ benchmarks: [benchmark({ cost_usd: null, cost_known: false })] }))).toMatch(/cost unknown[^]* \? /);
    expect(runLine(run({ benchmarks: [benchmark({ cost_usd: null, cost_known: false }), benchmark({ name: 'svamp', cost_usd: 0 })] }))).toContain('cost unknown');
    expect(screen(run({ benchmarks: [benchmark({ cost_known: false })] }))).toMatch(/at least \$0\.50[^]*≥ \$0\.50/);
    expect(screen(run({ benchmarks: [benchmark({ done: 0, errors: 0, accuracy: null, wilson_95: null })] }))).toMatch(/ – /);
  });

  it('takes the error clustered by item where each item is asked several times: samples of an item are not independent', () => {
    const one = benchmark({ accuracy: 0.5, wilson_95: [0.49, 0.51], standard_error: 0.1 });
    expect(accuracyText(one, 1)).toBe('50.0 % [49.0–51.0]');
    expect(accuracyText(one, 3)).toBe('50.0 % [30.4–69.6]');
    expect(accuracyText({ ...one, accuracy: 0.99 }, 3)).toBe('99.0 % [79.4–100.0]');
    expect(accuracyText({ accuracy: 1, wilson_95: [0.9, 1], standard_error: 0 }, 3)).toBe('100.0 % [90.0–100.0]');
  });

  it('tells what a number alone would hide', () => {
    const text = screen(
      run({
        status: 'failed', reason: { code: 'benchmark_failed', message: '1 of 2 benchmarks did not succeed. math: needs setup (Put the file there.)' }, metadata: { gremium_changed: { gremium_version: '2' }, judge_is_member: 'openai/gpt-4o', later_code_versions: ['0.2.0'], scored_anew: { gsm8k: { from: 'gsm8k-1', to: 'gsm8k-2', prompts: 'same' } } },
        benchmarks: [benchmark({ unextracted: 3, batch_id: 'batch_7', also: { strict: 0.712 } }), benchmark({ name: 'math', status: 'needs_setup', samples: 0, done: 0, errors: 0, reason: { code: 'needs_setup', message: 'Put the file there.' } })],
      }),
    );
    expect(text).toContain('gsm8k: 3 answers could not be read');
    expect(text).toContain('gsm8k by other readings: strict 71.2 %.');
    expect(text).toContain('conclave batch status batch_7');
    expect(text).toContain('needs setup');
    expect(text.match(/Put the file there/g)).toHaveLength(1);
    expect(text).toContain('The Gremium was another one at the end');
    expect(text).toContain('judge openai/gpt-4o is also a member');
    expect(text).toContain('carried this run out: 0.1.0, 0.2.0.');
    expect(text).toContain('gsm8k: every answer is scored by gsm8k-2');
  });

  it('keeps to the screen', () => {
    const names = ['mmlu_pro_1000_of_a_long_name', 'conclave-mini'];
    const wide = run({ benchmarks: names.map((name) => benchmark({ name, status: 'needs_setup', samples: 100_000, done: 99_000, errors: 900, wilson_95: [0.9999, 1], accuracy: 1, cost_usd: 1234.5, cost_known: false, eta_seconds: 100_000, input_tokens: 9e9, rate_per_second: 400 })) });
    for (const width of [80, 131, 132, 200]) for (const line of screen(wide, width).split('\n')) expect([width, line.length <= width, line]).toEqual([width, true, line]);
  });

  it('thinks of benchmarks that have not begun, and says nothing of the end while their size is unknown', () => {
    const next = benchmark({ name: 'svamp', status: 'pending', done: 0, errors: 0, samples: 400, rate_per_second: null, eta_seconds: null });
    expect(screen(run({ benchmarks: [benchmark(), next] }))).toContain('ETA 2m 05s');
    const unknown = screen(run({ benchmarks: [benchmark(), { ...next, samples: 0 }] }));
    expect(unknown.split('\n')[0]).not.toContain('ETA');
    expect(unknown).toContain(' 25 %');
    expect(unknown).toContain('0/?');
  });

  it('writes a line of a log for each percent and each state, not for each sample', () => {
    const at = (done: number, more: Partial<RunOnWire> = {}) => runMilestone(run({ benchmarks: [benchmark({ samples: 10_000, done })], ...more }));
    expect(at(90)).toBe(at(180));
    expect(at(90)).not.toBe(at(190));
    expect(at(90)).not.toBe(at(90, { status: 'paused' }));
  });

  it.each([
    ['succeeded', null, 0],
    ['failed', null, 1],
    ['canceled', 'cost_cap', 1],
    ['canceled', null, 1],
    ['paused', 'cost_cap', 2],
    ['paused', 'token_cap', 2],
    ['paused', 'rate_limit', null],
    ['paused', null, null],
    ['running', null, null],
    ['queued', null, null],
  ])('a run that is %s for %s ends a watch with %s', (status, code, exit) => {
    expect(runExitCodeOf({ status, reason: code === null ? null : { code, message: '' } })).toBe(exit);
  });

  it('lists runs, samples and benchmarks', () => {
    expect(runList([run()], 160)).toMatch(/run_1.*running.*100\/200.*openai\/gpt-4o-mini.*85\.0 %.*gsm8k.*10.*\$0\.50.*11-21 10:00.*night/);
    expect(sampleList([sample], 160)).toMatch(/run_1\.gsm8k\.0.*gsm8k-7.*incorrect.*18.*xxx/);
    const long = { ...sample, id: `run_${'a'.repeat(24)}.conclave-mini.59` };
    for (const line of sampleList([long], 80).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(sampleList([long], 80)).toContain('│ conclave-mini.59 │');
    expect(sampleList([{ ...sample, status: 'error', verdict: null, failure: { code: 'timeout', message: 'No answer\nwithin 60 s.' } }], 160)).toMatch(/error.*timeout: No answer within 60 s\./);
    expect(benchmarkTable([listed], 120)).toMatch(/gsm8k.*1319.*MIT.*accuracy.*simplified: prompt/);
    expect(benchmarkTable([{ ...listed, verified: false }], 120)).toMatch(/simplified: prompt; data unverified/);
  });

  it('shortens what has room for less', () => {
    const long = { ...listed, metric: 'm'.repeat(90), dataset: { licence: 'Apache-2.0' }, differences: [{ what: 'd'.repeat(90), official: '', here: '' }] };
    const runs = [run({ id: 'run_93757aa8c829af319a211318', model: 'accounts/fireworks/models/llama-v3p3-70b-instruct', tags: ['a'.repeat(40)], benchmarks: [benchmark(), benchmark({ name: 'mmlu_pro_1000' })] })];
    for (const width of [80, 139, 140, 200])
      for (const line of [benchmarkTable([long], width), runList(runs, width), sampleList([{ ...sample, expected: 'y'.repeat(300), extracted: 'x'.repeat(300) }], width)].join('\n').split('\n')) expect([width, line.length <= width, line]).toEqual([width, true, line]);
  });
});

describe('what conclave run asks for', () => {
  it('sends each option under its name, nothing that was not said, and which of model and provider were said here', () => {
    expect(runRequest(['gsm8k'], { model: 'trio' })).toEqual({ selected_benchmarks: ['gsm8k'], model_id: 'trio', cli_model_override: true, cli_provider_override: false });
    expect(
      runRequest(['gsm8k', 'math'], {
        panel: 'three', provider: 'conclave', limit: 10, percent: 5, seed: 's', epochs: 2, mode: 'batch', concurrency: 8, maxCost: 1, maxTokensTotal: 1_000, temperature: 0, maxTokens: 64, system: 'Be brief.', judge: { provider: 'chutes', model: 'a/b' }, gremiumCost: 'none', tag: ['x'],
      }),
    ).toEqual({
      selected_benchmarks: ['gsm8k', 'math'], panel: 'three', provider: 'conclave', subset_count: 10, subset_pct: 5, subset_seed: 's', epochs: 2, mode: 'batch', concurrency: 8, cost_cap_usd: 1, token_cap: 1_000,
      config: { temperature: 0, max_tokens: 64, system_prompt: 'Be brief.', cost: 'none' }, judge: { provider: 'chutes', model: 'a/b' }, tags: ['x'], cli_model_override: false, cli_provider_override: true,
    });
  });

  it('counts the samples', () => {
    const known = [['a', 100], ['b', 1_319]].map(([name, count]) => ({ name: String(name), display_name: '', description: '', metric: '', badge: 'official', differences: [], items: Number(count), dataset: { licence: 'MIT' } }));
    expect(samplesOf(known, ['a', 'b'], {})).toBe(1_419);
    expect(samplesOf(known, ['b'], { percent: 1, epochs: 2 })).toBe(28);
    expect(samplesOf(known, ['a', 'b'], { limit: 200, percent: 1 })).toBe(300);
  });
});

describe('runs side by side', () => {
  const summary = { samples: 10, done: 10, errors: 0, accuracy: 0.8, wilson_95: [0.49, 0.94], standard_error: 0.13, cost_nano_usd: 12_300_000, cost_known: false };
  const difference = { benchmark: 'gsm8k', items: 10, mean_difference: 0.1, standard_error: 0.05, interval_95: [-0.02, 0.22], only_first_better: 2, only_second_better: 1, p_mcnemar: 1, comparable: false };
  it('shows accuracies, differences in points with interval and p, and what is not comparable', () => {
    const one = { id: 'run_1', provider: 'conclave', model: 'trio', epochs: 1, status: 'succeeded', summary, benchmarks: { gsm8k: summary } };
    const text = comparisonText(comparisonOnWire.parse({ runs: [one, { ...one, id: 'run_2', provider: 'openai', model: 'gpt-4o', benchmarks: {} }], pairs: [{ first: 'run_1', second: 'run_2', differences: [difference] }] }), 250);
    expect(text).toMatch(/run_1.*trio.*80\.0 % \[49\.0–94\.0\].*≥ \$0\.0123/);
    const narrow = comparisonText(comparisonOnWire.parse({ runs: [one], pairs: [{ first: 'run_1', second: 'run_2', differences: [difference] }] }), 50).split('\n');
    for (const line of ['run_1', '  target: trio', '  gsm8k: 80.0 % [49.0–94.0]', '  McNemar p: 1.0000', '  note: not the same questions, prompts or scorer']) expect(narrow).toContain(line);
    const unpriced = { ...one, summary: { ...summary, cost_nano_usd: 0 } };
    expect(comparisonText(comparisonOnWire.parse({ runs: [unpriced], pairs: [] }), 250)).not.toContain('$');
    expect(text).toMatch(/run_2.*openai\/gpt-4o.*not run/);
    expect(text).toContain('run_1 minus run_2, in percentage points, on the 10 samples both answered');
    expect(text).toMatch(/gsm8k.*10.*\+10\.0.*\[-2\.0, \+22\.0\].* 2 .* 1 .*1\.0000.*not the same questions/);
    expect(comparisonText(comparisonOnWire.parse({ runs: [], pairs: [{ first: 'run_1', second: 'run_2', differences: [] }] }), 250)).toContain('no sample in common');
    expect(comparisonText(comparisonOnWire.parse({ runs: [], pairs: [{ first: 'a', second: 'b', differences: [{ ...difference, p_mcnemar: 1.5e-10 }] }] }), 250)).toContain('< 0.0001');
  });
});
