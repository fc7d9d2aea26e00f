/** How an endpoint tells errors: OpenAI's or Anthropic's body, or RFC 9457 problem+json. */
export type ErrorShape = 'openai' | 'anthropic' | 'problem';

const anthropicPaths = /^\/(anthropic\/v1(\/|$)|v1\/messages(\/|$))/;
const openaiPaths = /^\/(openai\/v1(\/|$)|v1\/chat(\/|$))/;
const sharedPaths = /^\/v1(\/|$)/;

/** Which shape errors of `path` (without query) have; where both vendors share a path, the header `anthropic-version` decides. */
export function errorShapeOf(path: string, hasAnthropicVersion: boolean): ErrorShape {
  if (anthropicPaths.test(path)) return 'anthropic';
  if (openaiPaths.test(path)) return 'openai';
  if (sharedPaths.test(path)) return hasAnthropicVersion ? 'anthropic' : 'openai';
  return 'problem';
}
