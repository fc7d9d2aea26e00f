import { openAiCompatible } from '../openai-compatible.js';

/** DeepInfra. */
export const deepinfra = openAiCompatible({
  name: 'deepinfra',
  keyVariable: 'DEEPINFRA_API_KEY',
  baseUrlVariable: 'DEEPINFRA_BASE_URL',
  defaultBaseUrl: 'https://api.deepinfra.com/v1/openai',
  takesTopK: true,
});
