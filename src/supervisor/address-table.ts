import Table from 'cli-table3';
import type { Config } from '../config/config.js';
import { providerKeys } from '../config/config.js';
import type { Addresses } from './launchers.js';

/** The one table a person sees when everything is up. */
export function addressTable(config: Config, addresses: Addresses): string {
  const table = new Table({ style: { head: [], border: [] }, chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' } });
  table.push(
    ['API', `${addresses.apiUrl}/v1   (Anthropic clients: ${addresses.apiUrl}/anthropic)`],
    ['Docs', `${addresses.apiUrl}/docs`],
    ['Temporal Web UI', addresses.temporalUiUrl ?? `of ${addresses.temporalAddress ?? 'your server'}`],
    ['Data folder', [config.home, ...(addresses.postgresData !== null && !addresses.postgresData.startsWith(config.home) ? [`PostgreSQL: ${addresses.postgresData}`] : [])].join('\n')],
    ['PostgreSQL', config.environment.DATABASE_URL === undefined ? 'embedded' : `DATABASE_URL (${hostOf(config.environment.DATABASE_URL)})`],
    ['Temporal', config.environment.TEMPORAL_ADDRESS === undefined ? 'embedded' : `TEMPORAL_ADDRESS (${config.environment.TEMPORAL_ADDRESS})`],
    ['Provider keys', providersWithKeys(config).join(', ') || 'none'],
    ['Answers', config.simulated ? 'SIMULATED: no provider is asked, nothing is paid.\nFor real ones set a key such as OPENAI_API_KEY, here or in .env.' : 'real'],
  );
  const body = '{"model": "gremium-consensus", "messages": [{"role": "user", "content": "Hello"}]}';
  return `${table.toString()}\nTry it:  curl ${addresses.apiUrl}/v1/chat/completions -H 'content-type: application/json' -d '${body}'`;
}

function providersWithKeys(config: Config): string[] {
  const builtIn = providerKeys.filter((name) => config.environment[name] !== undefined).map((name) => name.replace(/_API_KEY$/, '').toLowerCase());
  return [...builtIn, ...config.customProviders.map((provider) => provider.name)];
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'set';
}
