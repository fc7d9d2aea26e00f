import { anthropic } from './adapters/anthropic.js';
import { bedrock } from './adapters/bedrock.js';
import { cerebras } from './adapters/cerebras.js';
import { chutes } from './adapters/chutes.js';
import { deepinfra } from './adapters/deepinfra.js';
import { fireworks } from './adapters/fireworks.js';
import { gemini } from './adapters/gemini.js';
import { gremiumAnthropic } from './adapters/gremium-anthropic.js';
import { gremiumOpenAi } from './adapters/gremium-openai.js';
import { groq } from './adapters/groq.js';
import { ollama } from './adapters/ollama.js';
import { openai } from './adapters/openai.js';
import { openrouter } from './adapters/openrouter.js';
import { simulated } from './adapters/simulated.js';
import { together } from './adapters/together.js';
import { trio } from './adapters/trio.js';
import { vertex } from './adapters/vertex.js';
import type { ProviderAdapter } from './provider-adapter.js';

/** Every built-in provider, one line per file of `adapters/`; the order is the one in which lists name them. */
export const providerAdapters: readonly ProviderAdapter[] = [
  openai,
  anthropic,
  gemini,
  groq,
  together,
  cerebras,
  deepinfra,
  fireworks,
  openrouter,
  chutes,
  bedrock,
  vertex,
  ollama,
  trio,
  gremiumOpenAi,
  gremiumAnthropic,
  simulated,
];
