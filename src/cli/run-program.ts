import { InvalidArgumentError, Option, type Command } from 'commander';
import { exportFormats } from './export-format.js';
import { number, positive, time } from './option-parsers.js';
import type * as commandsOfRuns from './run.command.js';
import { addServerOptions } from './server-options.js';

type Commands = typeof commandsOfRuns;

const judge = (text: string): { provider: string; model: string } => {
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1) throw new InvalidArgumentError('write provider/model.');
  return { provider: text.slice(0, slash), model: text.slice(slash + 1) };
};
const gremiumCost = (text: string): unknown => (text === 'none' || text === 'participants' ? text : { per_request_usd: number(text) });

/** `conclave run …`, `conclave runs …`, `conclave benchmarks …`. */
export function addRuns(program: Command): void {
  addStart(program);
  const runs = program.command('runs').description('benchmark runs; they go on without this terminal');
  addReading(runs);
  addActions(runs);
  addExchange(runs);
  common(program.command('benchmarks').description('benchmarks that can be run').command('list').description('all of them, with their items and how they differ from the official procedure')).action(
    async (options: { url?: string; key?: string; json?: boolean }) => {
      process.exitCode = await (await import('./benchmarks.command.js')).listBenchmarks(options);
    },
  );
}

function common(command: Command): Command {
  return addServerOptions(command).option('--json', 'JSON instead of text');
}

/** Runs a command of the other file, loaded when it is called, with its exit code. */
function run<Parameters extends unknown[]>(call: (commands: Commands, ...parameters: Parameters) => Promise<number>): (...parameters: Parameters) => Promise<void> {
  return async (...parameters) => {
    process.exitCode = await call(await import('./run.command.js'), ...parameters);
  };
}

function addStart(program: Command): void {
  common(program.command('run').description('measure a model or a panel by benchmarks and show it until it is over; exit code 0 done, 1 error, 2 cost limit, 3 time-out, 130 interrupted'))
    .argument('<benchmark...>', 'names from "conclave benchmarks list"')
    .option('-m, --model <name>', 'any model name: openai/gpt-4o-mini, composite/council/gpt-4o, trio')
    .option('--panel <name>', 'a stored panel, instead of --model')
    .option('--provider <name>', 'whose the model is: chutes, gremium-openai, gremium-anthropic, any provider, or conclave')
    .option('--limit <number>', 'so many items of each benchmark', positive)
    .option('--percent <number>', 'such a part of each benchmark', number)
    .option('--seed <text>', 'which items: equal seeds give equal ones (default: conclave)')
    .option('--epochs <number>', 'ask each item so many times', positive)
    .addOption(new Option('--mode <mode>', "realtime: by calls; batch: by the providers' batch interfaces, at half the price").choices(['batch', 'realtime']))
    .option('--concurrency <number>', 'samples under way at the same time', positive)
    .option('--max-cost <usd>', 'pause before more is spent', number)
    .option('--max-tokens-total <number>', 'pause before more tokens are used, in and out together', positive)
    .option('--temperature <number>', 'sampling temperature instead of the benchmark\'s', number)
    .option('--max-tokens <number>', 'longest answer instead of the benchmark\'s', positive)
    .option('--system <text>', 'system prompt before the benchmark\'s own')
    .option('--judge <provider/model>', 'where a benchmark needs a judge', judge)
    .option('--gremium-cost <what>', 'cost of a Gremium: none, participants, or US dollars per request', gremiumCost)
    .option('--tag <tag...>', 'for finding it again')
    .option('--idempotency-key <key>', 'the same key gives the same run')
    .option('-d, --detach', 'print the id and leave')
    .option('-y, --yes', 'start a large run without asking')
    .option('--timeout <duration>', 'watch for so long, as 1h30m', time)
    .action(run((commands, benchmarks: string[], options: Parameters<Commands['runCommand']>[1]) => commands.runCommand(benchmarks, options)));
}

function addReading(runs: Command): void {
  common(runs.command('list').description('your runs, newest first'))
    .option('--status <status>', 'in this state')
    .option('--model <text>', 'with this in the name of what was measured')
    .option('--provider <name>', 'of this provider')
    .option('--benchmark <name>', 'with this benchmark')
    .option('--tag <tag>', 'with this tag')
    .option('--limit <number>', 'at most so many', positive)
    .option('--before <id>', 'older than this one')
    .action(run((commands, options: Parameters<Commands['listCommand']>[0]) => commands.listCommand(options)));
  common(runs.command('show').description('show a run once')).argument('<id>', 'run_…').action(run((commands, id: string, options: Parameters<Commands['showCommand']>[1]) => commands.showCommand(id, options)));
  common(runs.command('watch').description('show a run until it is over; exit codes as those of run'))
    .argument('<id>', 'run_…')
    .option('--timeout <duration>', 'for so long, as 1h30m', time)
    .action(run((commands, id: string, options: Parameters<Commands['watchCommand']>[1]) => commands.watchCommand(id, options)));
  common(runs.command('samples').description('samples with what was expected and found; with --json prompts and answers too'))
    .argument('<id>', 'run_…')
    .option('--benchmark <name>', 'of this benchmark')
    .option('--verdict <verdict>', 'correct, incorrect or unextracted')
    .option('--status <status>', 'pending, done, error or canceled')
    .option('--limit <number>', 'at most so many', positive)
    .action(run((commands, id: string, options: Parameters<Commands['samplesCommand']>[1]) => commands.samplesCommand(id, options)));
  common(runs.command('compare').description('runs side by side, with paired differences on the samples both answered'))
    .argument('<id...>', 'two or more of run_…')
    .action(run((commands, ids: string[], options: Parameters<Commands['compareCommand']>[1]) => commands.compareCommand(ids, options)));
}

function addActions(runs: Command): void {
  const actions = {
    cancel: 'end a run for good; what is done is kept',
    pause: 'ask nothing new; what is under way is still recorded',
    resume: 'go on after a pause',
    requeue: 'take a failed or canceled run up again: what has no answer is asked, what is done is kept',
    'retry-errors': 'ask the samples that had no answer again',
  } as const;
  for (const [name, description] of Object.entries(actions) as [keyof typeof actions, string][]) {
    const command = common(runs.command(name).description(description)).argument('<id>', 'run_…');
    if (name === 'resume') command.option('--max-cost <usd>', 'with this cost limit', number).option('--max-tokens-total <number>', 'with this limit of tokens', positive);
    command.action(run((commands, id: string, options: Parameters<Commands['actCommand']>[2]) => commands.actCommand(name, id, options)));
  }
  common(runs.command('re-score').description('score the stored answers again by the present rules, without a call'))
    .argument('<id>', 'run_…')
    .action(run((commands, id: string, options: Parameters<Commands['rescoreCommand']>[1]) => commands.rescoreCommand(id, options)));
  common(runs.command('delete').description('delete a run that is over, with its samples and calls'))
    .argument('<id>', 'run_…')
    .option('-y, --yes', 'without asking')
    .action(run((commands, id: string, options: Parameters<Commands['deleteCommand']>[1]) => commands.deleteCommand(id, options)));
}

function addExchange(runs: Command): void {
  addServerOptions(runs.command('export').description('a run that is over, as a file; the ZIP is signed'))
    .argument('<id>', 'run_…')
    .addOption(new Option('--format <format>', 'which').choices([...exportFormats]).default(undefined, 'by the name of the file, else zip'))
    .option('-o, --output <file>', 'file instead of standard output')
    .action(run((commands, id: string, options: Parameters<Commands['exportCommand']>[1]) => commands.exportCommand(id, options)));
  common(runs.command('import').description('take a signed export of another Conclave in, to be read and compared here'))
    .argument('<file>', 'the ZIP')
    .option('--trust <key>', 'refuse it unless this key signed it: base64, fingerprint, or a file that holds one')
    .action(run((commands, file: string, options: Parameters<Commands['importCommand']>[1]) => commands.importCommand(file, options)));
}
