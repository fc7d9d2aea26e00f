import type { Command } from 'commander';

/** Adds the options of commands that talk to a running server. */
export function addServerOptions(command: Command): Command {
  return command.option('--url <url>', 'address of the API (default: CONCLAVE_URL, then the one that runs with this CONCLAVE_HOME)').option('--key <key>', 'API key (default: CONCLAVE_API_KEY)');
}
