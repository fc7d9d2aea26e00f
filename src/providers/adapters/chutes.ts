import { openAiCompatible } from '../openai-compatible.js';

/** Chutes. */
export const chutes = openAiCompatible({
  name: 'chutes',
  keyVariable: 'CHUTES_API_KEY',
  baseUrlVariable: 'CHUTES_BASE_URL',
  defaultBaseUrl: 'https://llm.chutes.ai/v1',
  takesTopK: true,
});
