import type { Config } from '../config/config.js';
import { fetchOver, connectionPool } from '../providers/http-fetch.js';
import { processEnvironment } from '../config/process-environment.js';
import { KeyChecks } from '../health/key-checks.js';
import { keyVariableOf } from '../health/key-variable.js';
import { missingKeyWarnings } from '../health/start-warnings.js';
import { ProvidersService } from '../providers/providers.service.js';
import type { Finding } from './finding.js';

const patienceMs = 3_000;

/** Which providers can be asked, whether their keys work (by the list of their models, which costs nothing), and whether the servers of one's own answer. */
export async function checkProviders(config: Config): Promise<Finding[]> {
  const { chosenProviders, simulated } = config;
  const keys: Finding = chosenProviders.length > 0 ? { subject: 'Providers', is: 'good', found: chosenProviders.join(', ') } : { subject: 'Providers', is: 'note', found: 'none has a key', advice: 'Set one such as OPENAI_API_KEY, here or in .env.' };
  const answers: Finding = simulated
    ? { subject: 'Answers', is: 'note', found: 'simulated: no provider is asked' }
    : { subject: 'Answers', is: chosenProviders.length > 0 ? 'good' : 'note', found: chosenProviders.length > 0 ? 'real' : 'real, but no provider has a key (CONCLAVE_SIMULATED is off)' };
  if (simulated) return [keys, answers];
  const [healths, ...servers] = await Promise.all([checkKeys(config), ...serversOf(config).map(checkServer)]);
  return [keys, answers, ...warningsOf(config), ...healths, ...servers];
}

async function checkKeys(config: Config): Promise<Finding[]> {
  const withoutKey = new Set(['ollama', 'trio', ...config.customProviders.flatMap(({ name, apiKey }) => (apiKey === null ? [name] : []))]);
  const checks = new KeyChecks(new ProvidersService(config), { isDisabled: () => false }, (name) => keyVariableOf(config, name));
  const healths = await checks.check(config.chosenProviders.filter((name) => !withoutKey.has(name)));
  return healths.map(({ provider, status, message, models }) => ({
    subject: `Key of ${provider}`.slice(0, 16),
    is: status === 'ok' ? 'good' : 'note',
    found: models === null ? message : `${message.replace(/\.$/, '')}; it lists ${String(models)} models`,
  }));
}

function warningsOf(config: Config): Finding[] {
  return missingKeyWarnings(config.file, new ProvidersService(config)).map((found) => ({ subject: 'Missing key', is: 'note', found }));
}

function serversOf(config: Config): { name: string; url: string }[] {
  const { OLLAMA_BASE_URL, TRIO_BACKEND_URL } = config.environment;
  return [
    ...(config.chosenProviders.includes('ollama') && OLLAMA_BASE_URL !== undefined ? [{ name: 'ollama', url: OLLAMA_BASE_URL }] : []),
    ...(config.chosenProviders.includes('trio') ? [{ name: 'trio', url: TRIO_BACKEND_URL }] : []),
    ...config.customProviders.map(({ name, baseUrl }) => ({ name, url: baseUrl })),
  ];
}

// Whatever it answers, it is there.
async function checkServer({ name, url }: { name: string; url: string }): Promise<Finding> {
  const { host } = new URL(url);
  const pool = connectionPool(processEnvironment(), patienceMs);
  try {
    await fetchOver(pool, url, { signal: AbortSignal.timeout(patienceMs) });
    return { subject: `Provider ${name}`, is: 'good', found: `${host} answers` };
  } catch {
    return { subject: `Provider ${name}`, is: 'note', found: `${host} does not answer`, advice: 'Start that server or correct its address; until then its models fail.' };
  } finally {
    await pool.destroy();
  }
}
