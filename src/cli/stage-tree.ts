/** One call of a completion, as the tree shows it. */
export interface TreeCall {
  stage: string;
  model: string;
  startedAtMs: number;
  endedAtMs: number;
  tokens: number | null;
  /** US dollars; null: unknown. */
  costUsd: number | null;
  /** Null: it answered. */
  failure: string | null;
}

/** The stages of a completion in the order they began, each with its calls, times, tokens and cost: one line each. */
export function stageTree(title: string, calls: readonly TreeCall[]): string[] {
  const stages = [...new Set([...calls].sort((a, b) => a.startedAtMs - b.startedAtMs).map((call) => call.stage))];
  // Room for a stage after "├─ " and for a model after "│  ├─ ", so that all figures stand under each other.
  const width = Math.max(title.length - 3, ...stages.map((stage) => stage.length), ...calls.map((call) => call.model.length + 3));
  const lines = stages.flatMap((stage, index) => {
    const isLast = index === stages.length - 1;
    const own = calls.filter((call) => call.stage === stage).sort((a, b) => a.startedAtMs - b.startedAtMs);
    const head = `${isLast ? '└─' : '├─'} ${stage.padEnd(width)} ${figures(own)}`;
    const stem = isLast ? '   ' : '│  ';
    return [head, ...own.map((call, at) => `${stem}${at === own.length - 1 ? '└─' : '├─'} ${call.model.padEnd(width - 3)} ${call.failure === null ? figures([call]) : `failed: ${call.failure}`}`)];
  });
  return [`${title.padEnd(width + 3)} ${figures(calls)}`, ...lines];
}

function figures(calls: readonly TreeCall[]): string {
  const answered = calls.filter((call) => call.failure === null);
  const milliseconds = calls.length === 0 ? 0 : Math.max(...calls.map((call) => call.endedAtMs)) - Math.min(...calls.map((call) => call.startedAtMs));
  const tokens = sum(answered.map((call) => call.tokens));
  const cost = sum(answered.map((call) => call.costUsd));
  return [`${(milliseconds / 1000).toFixed(2).padStart(6)} s`, `${tokens === null ? '?' : String(tokens)} tokens`.padStart(14), cost === null ? 'cost unknown' : `$${cost.toFixed(6)}`].join('  ');
}

/** Unknown as soon as one of them is. */
function sum(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>((total, value) => (total === null || value === null ? null : total + value), 0);
}
