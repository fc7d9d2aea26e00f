import { openAiCompatible } from '../openai-compatible.js';

/** The backend of Trio's models, a LiteLLM proxy as a rule; its key is optional. */
export const trio = openAiCompatible({
  name: 'trio',
  keyVariable: 'LITELLM_API_KEY',
  keyRequired: false,
  baseUrlVariable: 'TRIO_BACKEND_URL',
  resolveBaseUrl: (configured) => (/\/v\d+$/.test(configured) ? configured : `${configured}/v1`),
});
