import { Argument, Option, type Command } from 'commander';
import type * as commandsOfBatches from './batch.command.js';
import { number, positive, time } from './option-parsers.js';
import { addServerOptions } from './server-options.js';

type Commands = typeof commandsOfBatches;

/** `conclave batch …`. */
export function addBatches(program: Command): void {
  const batch = program.command('batch').description('many requests at once, at half the price; they go on without this terminal');
  addSubmission(batch);
  addReading(batch);
  addActions(batch);
}

function common(command: Command): Command {
  return addServerOptions(command).option('--json', 'JSON instead of text');
}

/** Runs a command of the other file, loaded when it is called, with its exit code. */
function run<Parameters extends unknown[]>(call: (commands: Commands, ...parameters: Parameters) => Promise<number>): (...parameters: Parameters) => Promise<void> {
  return async (...parameters) => {
    process.exitCode = await call(await import('./batch.command.js'), ...parameters);
  };
}

function addSubmission(batch: Command): void {
  common(batch.command('submit').description('submit JSON lines (OpenAI batch lines, or {"custom_id", "prompt"}) or prompts'))
    .argument('[file]', 'file of JSON lines; "-": standard input')
    .option('-p, --prompt <text...>', 'a text, or several, instead of a file')
    .option('-m, --model <name>', 'model of items that name none: any model name, panels included')
    .option('--provider <name>', 'provider of the model; alone: its default model')
    .addOption(new Option('--mode <mode>', "batch: by the providers' batch interfaces; realtime: by calls").choices(['batch', 'realtime']))
    .option('--max-tokens <number>', 'longest answer', positive)
    .option('--temperature <number>', 'sampling temperature', number)
    .option('--schema <file>', 'JSON Schema that every answer must satisfy')
    .option('--max-cost <usd>', 'nothing is sent that could cost more; needs --max-tokens', number)
    .option('--tag <tag...>', 'for finding it again')
    .addOption(new Option('--on-stuck <what>', 'the rest of a job that grew too old').choices(['resubmit', 'realtime', 'fail']))
    .option('--idempotency-key <key>', 'the same key gives the same batch')
    .option('-y, --yes', 'submit many items without asking')
    .option('-w, --watch', 'show it until it is over')
    .option('--timeout <duration>', 'watch for so long, as 1h30m', time)
    .action(run((commands, file: string | undefined, options: Parameters<Commands['submitCommand']>[1]) => commands.submitCommand(file, options)));
}

function addReading(batch: Command): void {
  common(batch.command('watch').description('show a batch until it is over; exit code 0 done, 1 error, 2 cost limit, 3 time-out, 130 interrupted'))
    .argument('<id>', 'batch_…')
    .option('--timeout <duration>', 'for so long, as 1h30m', time)
    .action(run((commands, id: string, options: Parameters<Commands['watchCommand']>[1]) => commands.watchCommand(id, options)));
  common(batch.command('status').description('show a batch once'))
    .argument('<id>', 'batch_…')
    .action(run((commands, id: string, options: Parameters<Commands['statusCommand']>[1]) => commands.statusCommand(id, options)));
  common(batch.command('list').description('your batches, newest first'))
    .option('--status <status>', 'in this state')
    .option('--tag <tag>', 'with this tag')
    .option('--limit <number>', 'at most so many', positive)
    .option('--before <id>', 'older than this one')
    .action(run((commands, options: Parameters<Commands['listCommand']>[0]) => commands.listCommand(options)));
  common(batch.command('results').description('write results as JSON lines, in the order of the input'))
    .argument('<id>', 'batch_…')
    .option('--status <status>', 'only succeeded, failed, pending or canceled ones; several with commas')
    .option('-o, --output <file>', 'file instead of standard output')
    .action(run((commands, id: string, options: Parameters<Commands['resultsCommand']>[1]) => commands.resultsCommand(id, options)));
  common(batch.command('verify').description('count what is expected, there, missing and too much; exit code 1 where something is missing'))
    .argument('<id>', 'batch_…')
    .option('--repair', 'ask again for what is missing')
    .action(run((commands, id: string, options: Parameters<Commands['verifyCommand']>[1]) => commands.verifyCommand(id, options)));
}

function addActions(batch: Command): void {
  const actions = {
    cancel: 'end a batch for good, at the providers too; what is done is kept',
    pause: 'submit nothing new; what is at providers is still collected',
    resume: 'go on after a pause',
    retry: 'try the failed items again',
  } as const;
  for (const [name, description] of Object.entries(actions) as [keyof typeof actions, string][]) {
    const command = common(batch.command(name).description(description)).argument('<id>', 'batch_…');
    if (name === 'resume') command.option('--max-cost <usd>', 'with this cost limit', number);
    command.action(run((commands, id: string, options: Parameters<Commands['actCommand']>[2]) => commands.actCommand(name, id, options)));
  }
  common(batch.command('switch').description('go on in another mode, once what is at providers is collected'))
    .argument('<id>', 'batch_…')
    .addArgument(new Argument('<mode>', "batch: by the providers' batch interfaces; realtime: by calls").choices(['batch', 'realtime']))
    .action(run((commands, id: string, mode: string, options: Parameters<Commands['actCommand']>[2]) => commands.actCommand('switch', id, { ...options, mode })));
  common(batch.command('revalidate').description('judge the answers of a batch that is over by a schema, without a call; exit code 1 where some miss it'))
    .argument('<id>', 'batch_…')
    .option('--schema <file>', "JSON Schema, which is the batch's own from then on (default: the one it has)")
    .action(run((commands, id: string, options: Parameters<Commands['revalidateCommand']>[1]) => commands.revalidateCommand(id, options)));
}
