import { openAiCompatible } from '../openai-compatible.js';

/** The simulated provider under its own name, for any model name; there wherever its address is known. */
export const simulated = openAiCompatible({ name: 'simulated', takesTopK: true, batches: true });
