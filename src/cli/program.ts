import { Command } from 'commander';
import { productVersion } from '../config/product-version.js';
import { addBatches } from './batch-program.js';
import { addModels } from './models-program.js';
import { addRuns } from './run-program.js';
import { addServerOptions } from './server-options.js';

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`'${text}' is not a positive whole number.`);
  return value;
};

/** The command line. Each command's code is loaded when it is called, so that `--help` and `version` answer at once. */
export function createProgram(): Command {
  const program = new Command('conclave').description('Several language models answer as one, durably.').version(productVersion(), '-v, --version').showHelpAfterError('Add --help to see all arguments and options.');
  program.command('version').description('print the version').action(() => { console.log(productVersion()); });
  addProcesses(program);
  addClients(program);
  addBatches(program);
  addRuns(program);
  addModels(program);
  addKeys(program);
  addCalls(program);
  addExports(program);
  return program;
}

function addProcesses(program: Command): void {
  program
    .command('up')
    .description('run everything on this machine: PostgreSQL, Temporal, API and worker')
    .option('--verbose', "show the engines' own log lines too")
    .action(async (options: { verbose?: boolean }) => {
      const [{ up }, { loadConfig }] = await Promise.all([import('../supervisor/up.js'), import('../config/config.js')]);
      process.exit(await up(loadConfig(), { isVerbose: options.verbose === true }));
    });
  program.command('api').description('run one API process (DATABASE_URL and TEMPORAL_ADDRESS must be set)').action(async () => {
    await import('../main.js');
  });
  program.command('worker').description('run one worker process (DATABASE_URL and TEMPORAL_ADDRESS must be set)').action(async () => {
    await import('../worker.js');
  });
  program.command('migrate').description('bring the database up to date').action(async () => {
    await (await import('./migrate.command.js')).migrateCommand();
  });
  program.command('doctor').description('what is found, what is missing, what to do').action(async () => {
    process.exitCode = await (await import('./doctor.command.js')).doctorCommand();
  });
}

function addClients(program: Command): void {
  addServerOptions(program.command('demo').description('ask one question of moa and of council and show the stages with times, tokens and cost'))
    .argument('[question]', 'the question')
    .action(async (question: string | undefined, options: { url?: string; key?: string }) => {
      await (await import('./demo.command.js')).demoCommand(question, options);
    });
  addServerOptions(program.command('chat').description('talk to any model name; one answer when a message is given, otherwise a conversation'))
    .argument('[message...]', 'the message')
    .option('-m, --model <name>', 'model name, such as gremium-consensus, composite/council/gpt-4o-mini or openai/gpt-4o', 'gremium-consensus')
    .option('-s, --system <text>', 'system message')
    .action(async (words: string[], options: { url?: string; key?: string; model: string; system?: string }) => {
      await (await import('./chat.command.js')).chatCommand(words.join(' '), options);
    });
}

function addKeys(program: Command): void {
  const keys = program.command('keys').description('API keys; with the first one the service stops answering strangers');
  keys
    .command('create')
    .description('create a key and print it, this once')
    .argument('<name>', 'whose it is')
    .option('--requests-per-minute <number>', 'limit of this key', positive)
    .action(async (name: string, options: { requestsPerMinute?: number }) => {
      await (await import('./keys.command.js')).createKey(name, options.requestsPerMinute ?? null);
    });
  keys.command('list').description('list the keys (never their secrets)').action(async () => {
    await (await import('./keys.command.js')).listKeys();
  });
  keys.command('revoke').description('end a key').argument('<id>', 'id from the list, key_…').action(async (id: string) => {
    await (await import('./keys.command.js')).revokeKey(id);
  });
}

function addCalls(program: Command): void {
  program
    .command('calls')
    .description('the ledger of provider calls')
    .command('export')
    .description('write calls as JSON lines, oldest first')
    .option('-o, --output <file>', 'file instead of standard output')
    .option('--completion <id>', 'of one completion')
    .option('--provider <name>', 'of one provider')
    .option('--model <id>', 'of one model')
    .option('--since <time>', 'ended at or after this time (ISO 8601)')
    .option('--until <time>', 'ended before this time')
    .action(async (options: { output?: string; completion?: string; provider?: string; model?: string; since?: string; until?: string }) => {
      await (await import('./export-calls.command.js')).exportCallsCommand(options);
    });
}

function addExports(program: Command): void {
  const keys = (key: string, previous: string[]): string[] => [...previous, key];
  program
    .command('verify')
    .description('verify a signed export: signature and every file; needs neither server nor database')
    .argument('<file>', 'the ZIP')
    .option('--key <key>', 'a key to trust: base64, fingerprint, or a file that holds one; may be repeated', keys, [])
    .option('--json', 'print JSON')
    .action(async (file: string, options: { key: string[]; json?: boolean }) => {
      process.exitCode = await (await import('./verify.command.js')).verifyCommand(file, options);
    });
  program
    .command('rotate-signing-key')
    .description("make a new key for this home's exports; the old one stays listed, so that older exports can be verified")
    .action(async () => {
      await (await import('./rotate-signing-key.command.js')).rotateSigningKeyCommand();
    });
}
