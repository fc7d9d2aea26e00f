import Table from 'cli-table3';
import type { Config } from '../config/config.js';
import { workflowsPage } from '../temporal/workflows-page.js';
import type { Addresses } from './launchers.js';

/** The one table a person sees when everything is up. */
export function addressTable(config: Config, addresses: Addresses): string {
  const table = new Table({ style: { head: [], border: [] }, chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' } });
  table.push(
    ['API', `${addresses.apiUrl}/v1   (Anthropic clients: ${addresses.apiUrl}/anthropic)`],
    ['Docs', `${addresses.apiUrl}/docs`],
    ['Temporal Web UI', addresses.temporalUiUrl === null ? `of ${addresses.temporalAddress ?? 'your server'}` : workflowsPage(addresses.temporalUiUrl, addresses.temporalNamespace ?? 'default')],
    ['Data folder', [config.home, ...(addresses.postgresData !== null && !addresses.postgresData.startsWith(config.home) ? [`PostgreSQL: ${addresses.postgresData}`] : [])].join('\n')],
    ['PostgreSQL', config.environment.DATABASE_URL === undefined ? 'embedded' : `DATABASE_URL (${hostOf(config.environment.DATABASE_URL)})`],
    ['Temporal', `${config.environment.TEMPORAL_ADDRESS === undefined ? 'embedded' : `TEMPORAL_ADDRESS (${config.environment.TEMPORAL_ADDRESS})`}, namespace ${addresses.temporalNamespace ?? 'default'}`],
    ['Providers', config.chosenProviders.join(', ') || 'none has a key'],
    ['Answers', answersOf(config)],
  );
  const body = '{"model": "gremium-consensus", "messages": [{"role": "user", "content": "Hello"}]}';
  return `${table.toString()}\nTry it:  curl ${addresses.apiUrl}/v1/chat/completions -H 'content-type: application/json' -d '${body}'`;
}

function answersOf(config: Config): string {
  if (config.simulated) return 'SIMULATED: no provider is asked, nothing is paid.\nFor real ones set a key such as OPENAI_API_KEY, here or in .env.';
  return config.chosenProviders.length > 0 ? 'real' : 'real, but no provider has a key (CONCLAVE_SIMULATED is off):\nonly what Ollama and TRIO_BACKEND_URL serve can be asked.';
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'set';
}
