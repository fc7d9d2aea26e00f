import { AiSdkProvider } from '../ai-sdk-provider.js';
import { gremiumAdapter } from '../gremium.js';
import { openAiCompatibleFamily } from '../openai-compatible.js';

/** A Gremium (or another Conclave) by OpenAI's wire. */
export const gremiumOpenAi = gremiumAdapter('gremium-openai', '/openai/v1', 'gremium-consensus', (connection, models) =>
  new AiSdkProvider(connection, { family: (fetch) => openAiCompatibleFamily({ name: 'gremium-openai' }, connection, fetch), models }));
