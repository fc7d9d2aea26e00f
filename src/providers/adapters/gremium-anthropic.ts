import { AiSdkProvider } from '../ai-sdk-provider.js';
import { gremiumAdapter } from '../gremium.js';
import { anthropicFamily } from './anthropic.js';

/** A Gremium (or another Conclave) by Anthropic's wire. */
export const gremiumAnthropic = gremiumAdapter('gremium-anthropic', '/anthropic/v1', 'gremium-consensus-anthropic', (connection, models) =>
  new AiSdkProvider(connection, { family: (fetch) => anthropicFamily(connection, fetch), models }));
