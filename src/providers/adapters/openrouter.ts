import { openAiCompatible } from '../openai-compatible.js';

/** OpenRouter; model ids have a slash of their own, as in `openrouter/openai/gpt-4o-mini`. */
export const openrouter = openAiCompatible({
  name: 'openrouter',
  keyVariable: 'OPENROUTER_API_KEY',
  baseUrlVariable: 'OPENROUTER_BASE_URL',
  defaultBaseUrl: 'https://openrouter.ai/api/v1',
  takesTopK: true,
});
