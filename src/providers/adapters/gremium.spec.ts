import { describe, expect, it } from '@jest/globals';
import { ProvidersService } from '../providers.service.js';
import type { ProvidersConfig } from '../providers-config.js';

function providers(environment: ProvidersConfig['environment'], simulated = false): ProvidersService {
  return new ProvidersService({ environment, simulated, simulatedUrl: simulated ? 'http://127.0.0.1:1' : null, customProviders: [] });
}

describe.each(['gremium-openai', 'gremium-anthropic'])('%s', (name) => {
  it('exists only where it is enabled, and says how', () => {
    expect(providers({}).isConfigured(name)).toBe(false);
    expect(providers({ GREMIUM_API_BASE_URL: 'http://127.0.0.1:1' }).howToConfigure(name)).toMatch(/^Set ENABLE_GREMIUM_PROVIDER=true/);
    expect(providers({ ENABLE_GREMIUM_PROVIDER: 'true' }).isConfigured(name)).toBe(true);
  });

  it('has its one model without asking', async () => {
    const [model, ...others] = await providers({ ENABLE_GREMIUM_PROVIDER: '1' }).get(name).listModels({ signal: AbortSignal.timeout(1_000), timeoutMs: 1_000 });
    expect([model?.id, others]).toEqual([name === 'gremium-openai' ? 'gremium-consensus' : 'gremium-consensus-anthropic', []]);
  });
});
