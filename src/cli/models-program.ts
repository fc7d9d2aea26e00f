import type { Command } from 'commander';
import { addServerOptions } from './server-options.js';

interface ServerChoice {
  url?: string;
  key?: string;
  json?: boolean;
}

/** The registry's commands: what a running server knows, and the file it is made from. */
export function addModels(program: Command): void {
  const models = program.command('models').description('models, their prices and whether they may be used');
  const withServer = (command: Command): Command => addServerOptions(command).option('--json', 'print JSON');
  withServer(models.command('list').description('models of the registry'))
    .option('--provider <name>', 'only of this provider')
    .option('--search <text>', 'only with this in id or name')
    .option('--capability <name>', 'only known to have it: tools, images, json_schema or reasoning')
    .option('--batch', 'only with a batch interface')
    .option('--disabled', 'only disabled ones')
    .action(async (options: ServerChoice & { provider?: string; search?: string; capability?: string; batch?: boolean; disabled?: boolean }) => {
      await (await import('./models.command.js')).listModels(options);
    });
  withServer(models.command('show').description('one model with the history of its price').argument('<name>', 'provider/model')).action(async (name: string, options: ServerChoice) => {
    await (await import('./models.command.js')).showModel(name, options);
  });
  for (const [word, enabled, description] of [['enable', true, 'let it be used again'], ['disable', false, 'refuse it and list it nowhere']] as const) {
    withServer(models.command(word).description(description).argument('<name>', 'provider/model'))
      .option('--from <time>', 'from then on (ISO 8601) instead of now')
      .option('--until <time>', 'until then, instead of until further notice')
      .action(async (name: string, options: ServerChoice & { from?: string; until?: string }) => {
        await (await import('./models.command.js')).enableModel(name, enabled, options);
      });
  }
  models
    .command('update')
    .description("merge the providers' own lists of models into models.yaml, and prices from the text of pages")
    .option('--provider <name...>', 'only these; without it those whose list is worth keeping and that have a key')
    .option('--dry-run', 'show what would change and write nothing')
    .option('--verbose', 'also what stays as it is')
    .option('--file <path>', 'another models.yaml than the one of this installation')
    .option('--llm', 'let a cheap model read prices from --pages; it costs a few cents')
    .option('--pages <file...>', 'texts of pages with prices, as <provider>=<file>, or files whose names begin with the provider\'s')
    .option('--reader <model>', 'provider/model that reads the pages')
    .option('--review <path>', 'where prices go that moved too far (default: models.review.yaml beside the file)')
    .action(async (options: { provider?: string[]; dryRun?: boolean; verbose?: boolean; file?: string; llm?: boolean; pages?: string[]; reader?: string; review?: string }) => {
      process.exitCode = await (await import('./models-update.command.js')).modelsUpdateCommand(options);
    });
}
