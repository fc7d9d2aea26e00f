import { openAiCompatible } from '../openai-compatible.js';

/** Fireworks AI. */
export const fireworks = openAiCompatible({
  name: 'fireworks',
  keyVariable: 'FIREWORKS_API_KEY',
  baseUrlVariable: 'FIREWORKS_BASE_URL',
  defaultBaseUrl: 'https://api.fireworks.ai/inference/v1',
  takesTopK: true,
});
