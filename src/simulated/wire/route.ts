import { anthropicMessages } from './anthropic-messages.js';
import { anthropicOnVertex } from './anthropic-on-vertex.js';
import { bedrockConverse } from './bedrock-converse.js';
import { gemini } from './gemini.js';
import { openaiChat } from './openai-chat.js';
import { openaiResponses } from './openai-responses.js';
import type { WireFormat } from './wire-format.js';

/** Where a path leads. `provider` is its first segment, or the wire format's own where the path begins with the version. */
export type Route =
  | { kind: 'generate'; provider: string; format: WireFormat; pathModel: string | null; stream: boolean }
  | { kind: 'count'; provider: string; format: WireFormat; pathModel: string | null }
  | { kind: 'models'; provider: string; shape: 'openai' | 'anthropic' | 'gemini'; id: string | null }
  | null;

const formats: [suffix: string, provider: string, format: WireFormat][] = [
  ['/chat/completions', 'openai', openaiChat],
  ['/responses', 'openai', openaiResponses],
  ['/messages', 'anthropic', anthropicMessages],
];

/** Finds the wire format of a path by its end, so that any base path of any provider works. */
export function routeOf(path: string, anthropicVersion: boolean): Route {
  const first = /^\/([^/]+)/.exec(path)?.[1] ?? '';
  const named = /^v\d/.test(first) ? null : first;
  const gen = /\/models\/(.+):(generateContent|streamGenerateContent|countTokens)$/.exec(path);
  if (gen?.[1]) {
    const common = { provider: named ?? 'gemini', format: gemini, pathModel: decodeURIComponent(gen[1]) };
    return gen[2] === 'countTokens' ? { kind: 'count', ...common } : { kind: 'generate', ...common, stream: gen[2] === 'streamGenerateContent' };
  }
  const claude = /\/([^/]+):(rawPredict|streamRawPredict)$/.exec(path);
  if (claude?.[1]) return { kind: 'generate', provider: named ?? 'vertex', format: anthropicOnVertex, pathModel: decodeURIComponent(claude[1]), stream: claude[2] === 'streamRawPredict' };
  const converse = /\/model\/(.+)\/(converse|converse-stream)$/.exec(path);
  if (converse?.[1]) return { kind: 'generate', provider: named ?? 'bedrock', format: bedrockConverse, pathModel: decodeURIComponent(converse[1]), stream: converse[2] === 'converse-stream' };
  if (path.endsWith('/messages/count_tokens')) return { kind: 'count', provider: named ?? 'anthropic', format: anthropicMessages, pathModel: null };
  for (const [suffix, provider, format] of formats) if (path.endsWith(suffix)) return { kind: 'generate', provider: named ?? provider, format, pathModel: null, stream: false };
  const models = /\/models(?:\/(.+))?$/.exec(path);
  if (!models) return null;
  const shape = path.includes('/v1beta') ? 'gemini' : anthropicVersion || named === 'anthropic' ? 'anthropic' : 'openai';
  return { kind: 'models', provider: named ?? shape, shape, id: models[1] === undefined ? null : decodeURIComponent(models[1]) };
}
