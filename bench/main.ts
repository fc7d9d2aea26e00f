import { cpus } from 'node:os';
import { Command, Option } from 'commander';
import { benchBatch } from './batch.js';
import { benchCompletions } from './completions.js';
import { markdownTables } from './markdown-tables.js';
import { startProduct } from './product.js';

const program = new Command('bench').description('Measures the product, built and started as a user would start it.');
program
  .command('completions')
  .description('councils, pass-through calls and streams against the simulated provider at 100 ms')
  .addOption(new Option('--runs <number>', 'runs of which medians are taken').default(3).argParser(Number))
  .option('--quick', 'few requests, to try out')
  .option('--only <part of a name>', 'only scenarios whose name contains this')
  .action(async (options: { runs: number; quick?: boolean; only?: string }) => {
    const product = await startProduct();
    try {
      const rows = await benchCompletions(product, { runs: options.runs, quick: options.quick === true, only: options.only ?? null });
      process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, median of ${options.runs}\n\n${markdownTables(rows)}\n`);
    } finally {
      await product.stop();
    }
  });
program
  .command('batch')
  .description('one batch for each provider, from the upload of its file to its results, against the simulated provider that answers at once')
  .addOption(new Option('--items <number>', 'items of each batch').default(100_000).argParser(Number))
  .option('--quick', '5,000 items, to try out')
  .option('--only <provider>', 'openai or anthropic')
  .action(async (options: { items: number; quick?: boolean; only?: string }) => {
    const product = await startProduct();
    try {
      const rows = await benchBatch(product, { items: options.quick === true ? 5_000 : options.items, only: options.only ?? null });
      process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n\n${markdownTables(rows)}\n`);
    } finally {
      await product.stop();
    }
  });
await program.parseAsync();
process.exit(0);
