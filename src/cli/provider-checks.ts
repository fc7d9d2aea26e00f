import type { Config } from '../config/config.js';
import { fetchOver, connectionPool } from '../providers/http-fetch.js';
import { processEnvironment } from '../config/process-environment.js';
import type { Finding } from './finding.js';

const patienceMs = 3_000;

/** Which providers can be asked, and whether the servers of one's own answer; vendors are not called. */
export async function checkProviders(config: Config): Promise<Finding[]> {
  const { chosenProviders, simulated } = config;
  const keys: Finding = chosenProviders.length > 0 ? { subject: 'Providers', is: 'good', found: chosenProviders.join(', ') } : { subject: 'Providers', is: 'note', found: 'none has a key', advice: 'Set one such as OPENAI_API_KEY, here or in .env.' };
  const answers: Finding = simulated
    ? { subject: 'Answers', is: 'note', found: 'simulated: no provider is asked' }
    : { subject: 'Answers', is: chosenProviders.length > 0 ? 'good' : 'note', found: chosenProviders.length > 0 ? 'real' : 'real, but no provider has a key (CONCLAVE_SIMULATED is off)' };
  return [keys, answers, ...(simulated ? [] : await Promise.all(serversOf(config).map(checkServer)))];
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
