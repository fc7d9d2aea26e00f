import { openAiCompatible } from '../openai-compatible.js';

/** Cerebras; it answers the penalties with a 400 (https://inference-docs.cerebras.ai/resources/openai). */
export const cerebras = openAiCompatible({
  name: 'cerebras',
  keyVariable: 'CEREBRAS_API_KEY',
  baseUrlVariable: 'CEREBRAS_BASE_URL',
  defaultBaseUrl: 'https://api.cerebras.ai/v1',
  without: ['presencePenalty', 'frequencyPenalty'],
});
