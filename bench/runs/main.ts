import { cpus, loadavg } from 'node:os';
import { Command, Option } from 'commander';
import { setTimeout as wait } from 'node:timers/promises';
import { runWorkflowId } from '../../src/temporal/start-run.js';
import { planOf } from '../../test/support/runs.js';
import { markdownTables } from '../markdown-tables.js';
import { processorSeconds, residentMegabytes } from '../processor-time.js';
import { median } from '../quantile.js';
import { parts, startRunStack, type Part, type RunStack } from './run-stack.js';

/** Items of conclave-mini that are taken: samples come in epochs of them. */
const itemsOfEpoch = 50;

interface Load {
  samples: number;
  latencyMs: number;
  concurrency: number;
}

const loads: Load[] = [1_000, 10_000].flatMap((samples) => [0, 100].flatMap((latencyMs) => [50, 100].map((concurrency) => ({ samples, latencyMs, concurrency }))));

/**
 * Measures benchmark runs of a plain model: samples per second and CPU per sample of every process but the upstream, the worker's memory, history events, and calls paid twice after a kill at half.
 * `npm run build && node node_modules/typescript-native/bin/tsc -p bench/tsconfig.json && node dist/bench/runs/main.js`
 */
const program = new Command('bench-runs')
  .addOption(new Option('--runs <number>', 'runs of which medians are taken').default(3).argParser(Number))
  .option('--quick', 'one run of the smallest loads, to try out')
  .option('--samples <number>', 'one load of so many samples at 0 ms and 50 concurrent', Number)
  .option('--only-kill', 'only the kill at half')
  .parse();
const options = program.opts<{ runs: number; quick?: boolean; samples?: number; onlyKill?: boolean }>();
const chosen = options.samples === undefined ? loads.filter(({ samples }) => options.quick !== true || samples === 1_000) : [{ samples: options.samples, latencyMs: 0, concurrency: 50 }];
const repeats = options.quick === true ? 1 : options.runs;

const stack = await startRunStack();
try {
  await measure(stack, { samples: 500, latencyMs: 0, concurrency: 50 });
  const rows = [];
  for (const load of options.onlyKill === true ? [] : chosen) {
    const figures: Record<string, number>[] = [];
    for (let index = 0; index < repeats; index++) figures.push(await measure(stack, load));
    const name = `${String(load.samples)} samples, ${String(load.latencyMs)} ms, ${String(load.concurrency)} concurrent`;
    rows.push({ name, figures: Object.fromEntries(Object.keys(figures[0] ?? {}).map((key) => [key, median(figures.map((found) => found[key] ?? Number.NaN))])) });
    process.stderr.write(`${name}: ${JSON.stringify(rows.at(-1)?.figures)}\n`);
  }
  const paidTwice: number[] = [];
  for (let index = 0; index < repeats; index++) paidTwice.push(await killAtHalf(stack));
  process.stdout.write(`Node ${process.version}, ${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg().map((value) => value.toFixed(1)).join(' ')}, median of ${String(repeats)}\n\n${rows.length > 0 ? markdownTables(rows) : ''}\n`);
  process.stdout.write(`Calls paid twice after kill -9 at half of 1,000 samples with 50 under way: ${paidTwice.join(', ')}\n`);
} finally {
  await stack.stop();
}
process.exit(0);

async function measure(stack: RunStack, { samples, latencyMs, concurrency }: Load): Promise<Record<string, number>> {
  const { runs, simulatedUrl } = stack;
  const pid = (part: Part): number => stack.pid(part);
  await control(simulatedUrl, { defaults: { latencyMs, tokensPerSecond: 0 } });
  const before = Object.fromEntries(parts.map((part) => [part, processorSeconds(pid(part))]));
  const startedAt = Date.now();
  const id = await start({ runs }, samples, concurrency);
  let peak = 0;
  for (let status = ''; status !== 'succeeded'; await wait(20)) {
    ({ status } = await runs.run(id));
    peak = Math.max(peak, residentMegabytes(pid('worker')));
    if (status === 'failed') throw new Error(JSON.stringify(await runs.run(id)));
  }
  const seconds = (Date.now() - startedAt) / 1_000;
  const each = Object.fromEntries(parts.map((part) => [part, ((processorSeconds(pid(part)) - (before[part] ?? 0)) * 1_000) / samples]));
  return {
    'samples/s': samples / seconds,
    ...Object.fromEntries(parts.map((part) => [`${part} CPU ms`, each[part] ?? Number.NaN])),
    'all CPU ms': parts.reduce((sum, part) => sum + (each[part] ?? Number.NaN), 0),
    'worker MB': residentMegabytes(pid('worker')),
    'worker peak MB': peak,
    'events/sample': (await events({ runs }, id)) / samples,
  };
}

function start({ runs }: Pick<RunStack, 'runs'>, samples: number, concurrency: number): Promise<string> {
  return runs.start({ plan: planOf('single', ['openai/gpt-4o-mini']), provider: 'openai', model: 'gpt-4o-mini', benchmarks: ['conclave-mini'], epochs: samples / itemsOfEpoch, subset: { seed: 'conclave', percent: null, count: itemsOfEpoch }, concurrency, policy: 'interactive' });
}

async function events({ runs }: Pick<RunStack, 'runs'>, id: string): Promise<number> {
  let count = 0;
  for await (const { workflowId, runId } of runs.client.workflow.list({ query: `WorkflowId STARTS_WITH '${runWorkflowId(id)}'` })) {
    const { events: found } = await runs.client.workflow.getHandle(workflowId, runId).fetchHistory();
    count += found?.length ?? 0;
  }
  return count;
}

/** How many requests reached the provider beyond one for each sample and the probe at the start. */
async function killAtHalf(stack: RunStack): Promise<number> {
  const { runs, simulatedUrl } = stack;
  await control(simulatedUrl, { defaults: { latencyMs: 100, tokensPerSecond: 0 } });
  const before = await asked(simulatedUrl);
  const id = await start(stack, 1_000, 50);
  for (let done = 0; done < 500; await wait(10)) [{ count: done } = { count: 0 }] = await runs.samples<{ count: number }>(id, 'count(*)::integer AS count', `AND status = 'done'`);
  await stack.killWorker();
  await runs.ended(id, 300_000);
  const probes = 1;
  return (await asked(simulatedUrl)) - before - 1_000 - probes;
}

async function asked(simulatedUrl: string): Promise<number> {
  const stats = (await (await fetch(`${simulatedUrl}/stats`)).json()) as { total?: { requests?: number }; requests?: number };
  return stats.requests ?? stats.total?.requests ?? Number.NaN;
}

async function control(simulatedUrl: string, command: unknown): Promise<void> {
  const response = await fetch(`${simulatedUrl}/control`, { method: 'POST', body: JSON.stringify(command) });
  if (!response.ok) throw new Error(await response.text());
}
