import type { ExportableRun, RunDocumentBenchmark, RunDocumentSample, RunSummary } from '../../domain/exports/run-document.js';

const summary: RunSummary = {
  samples: 3, done: 2, correct: 1, incorrect: 1, unextracted: 0, errors: 1, accuracy: 0.5, wilson_95: [0.0945, 0.9055], standard_error: 0.5, coverage: 2 / 3, error_rate: 1 / 3, unextracted_rate: 0,
  also: { strict: 0.5 }, by_category: { arithmetic: { samples: 3, accuracy: 0.5 } }, input_tokens: 30, output_tokens: 12, cost_nano_usd: 0, cost_known: true, mean_latency_ms: 12.5,
};

const benchmark: RunDocumentBenchmark = {
  name: 'conclave-mini', display_name: 'Conclave Mini', status: 'succeeded', reason: null, badge: 'simplified', differences: [{ what: 'prompt', official: 'five examples', here: 'none' }], metric: 'accuracy',
  scorer_version: 'conclave-mini-1',
  dataset: { benchmark: 'conclave-mini', source: 'conclave', revision: '1', licence: 'Apache-2.0', split: 'all', count: 60, files: [{ name: 'conclave-mini.jsonl', url: null, sha256: 'ab'.repeat(32), bytes: 10, format: 'jsonl' }] },
  prompt_hash: 'cd'.repeat(32), summary,
};

function sample(ordinal: number, rest: Partial<RunDocumentSample>): RunDocumentSample {
  return {
    ordinal, item_id: `arithmetic-0${String(ordinal + 1)}`, epoch: 0, category: 'arithmetic', status: 'done', messages: [{ role: 'user', content: 'What is 1 + 1, "really"?\nThink | well.' }], parameters: { maxOutputTokens: 512 },
    choice_order: null, expected: '2', answer: '2', finish_reason: 'stop', extracted: '2', verdict: 'correct', score: 1, also: { strict: 'correct' }, scorer_version: 'conclave-mini-1', judge: null, decision: null,
    failure: null, latency_ms: 12, input_tokens: 10, output_tokens: 4, cost_nano_usd: 0, calls: 1, token_changes: null, finished_at: '2026-11-21T10:00:01.000Z', ...rest,
  };
}

/** A finished run of three samples (right, wrong, error) as exports read it. Strings with quotes, fences, new lines and a formula are in it. */
export function sampleRun(rest: Partial<ExportableRun['run']> = {}): ExportableRun {
  const samples = [
    sample(0, {}),
    sample(1, { answer: '=SUM(1)\n```\n0', extracted: '0', verdict: 'incorrect', score: 0, latency_ms: 0, cost_nano_usd: null }),
    sample(2, { status: 'error', answer: null, finish_reason: null, extracted: null, verdict: null, score: null, also: null, failure: { code: 'timeout', message: 'No answer within 60 s.' }, latency_ms: null }),
  ];
  return {
    run: {
      id: 'run_1', status: 'succeeded', reason: null, provider: 'gremium-openai', model: 'gremium-consensus', strategy: 'council', panel: { name: 'fast', version: 2 }, plan: {}, mode: 'realtime',
      subset: { seed: 'conclave', percent: null, count: 3, algorithm: 'sha256-rank-v1' }, epochs: 1, judge: null, config: {}, tags: [], metadata: { gremium_version: '0.1.0', gremium_participants: [{ id: 'openai/gpt-4o-mini', thinking: false }] },
      price_snapshot: {}, code_version: '0.1.0', simulated: true, created_at: '2026-11-21T10:00:00.000Z', started_at: '2026-11-21T10:00:00.000Z', finished_at: '2026-11-21T10:00:02.000Z', summary, ...rest,
    },
    benchmarks: [benchmark],
    async *samples () {
      yield* await Promise.resolve(samples);
    },
  };
}
