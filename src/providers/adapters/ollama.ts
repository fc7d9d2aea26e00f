import { openAiCompatible } from '../openai-compatible.js';

/** A local Ollama; it needs no key. */
export const ollama = openAiCompatible({
  name: 'ollama',
  baseUrlVariable: 'OLLAMA_BASE_URL',
  defaultBaseUrl: 'http://127.0.0.1:11434/v1',
  resolveBaseUrl: (configured) => (/\/v\d+$/.test(configured) ? configured : `${configured}/v1`),
});
