import { openAiCompatible } from '../openai-compatible.js';

/** Together AI. */
export const together = openAiCompatible({
  name: 'together',
  keyVariable: 'TOGETHER_API_KEY',
  baseUrlVariable: 'TOGETHER_BASE_URL',
  defaultBaseUrl: 'https://api.together.xyz/v1',
  takesTopK: true,
});
