import type { FailureCode } from '../../domain/failures/failure-code.js';

/** What a provider's refusal looks like: its HTTP status, its own code and type, and its message, all lower case. */
export interface Refusal {
  status: number;
  code: string;
  type: string;
  message: string;
}

interface Row {
  code: FailureCode;
  when: (refusal: Refusal) => boolean;
}

const says = (refusal: Refusal, pattern: RegExp): boolean => pattern.test(refusal.code) || pattern.test(refusal.type) || pattern.test(refusal.message);
const contextLength =
  /context[_ ]length|context window|maximum context|too many (input )?tokens|prompt is too long|input is too long|input length|exceeds? the (maximum|max|limit|model'?s)[^.]*tokens?|token count[^.]*exceeds|reduce the length|request_too_large|string_above_max_length|max_tokens[^.]*exceed[^.]*context/;
const contentFilter = /content[_ ](filter|policy|management)|responsible[_ ]?ai|safety (system|filter|settings)|moderation|prohibited_content|blocklist|blocked by[^.]*(safety|policy)|usage polic(y|ies)/;
const quota = /insufficient[_ ](quota|balance|credits?|funds)|billing|credit balance|exceeded your current quota|payment required|out of credits|spend(ing)? limit/;
const unsupported =
  /unsupported[_ ](parameter|value)|not supported with this model|does ?n[o']t support|is not supported|are not supported|unknown (parameter|name|field)|unrecognized (request )?argument|extra inputs are not permitted|unexpected (keyword|field)|not allowed for this model/;
const key = /invalid[_ ]api[_ ]key|api[_ ]key not valid|api_key_invalid|api key expired|incorrect api key|authentication_error|unauthenticated|no api key/;

/**
 * The one table from what a provider answers to our failure code; the first row that fits decides. Statuses follow the vendors' error pages
 * (OpenAI, Anthropic, Gemini, OpenRouter); bodies decide where one status means several things: a 429 for an empty purse never passes
 * by waiting, a 400 may be a wrong key (Gemini), a long prompt or a parameter.
 */
export const failureTable: readonly Row[] = [
  { code: 'billing', when: (refusal) => refusal.status === 402 || ([400, 403, 429].includes(refusal.status) && says(refusal, quota)) },
  { code: 'rate_limit', when: (refusal) => refusal.status === 429 },
  { code: 'auth', when: (refusal) => refusal.status === 401 || (refusal.status === 400 && says(refusal, key)) },
  { code: 'content_filter', when: (refusal) => [400, 403, 422, 451].includes(refusal.status) && says(refusal, contentFilter) },
  { code: 'auth', when: (refusal) => refusal.status === 403 },
  { code: 'context_length', when: (refusal) => refusal.status === 413 || ([400, 422].includes(refusal.status) && says(refusal, contextLength)) },
  { code: 'not_found', when: (refusal) => refusal.status === 404 || (refusal.status === 400 && says(refusal, /model[_ ]not[_ ]found|model_not_exist|invalid model|not a valid model|model `?\S+`? (was )?(not found|does not exist)/)) },
  { code: 'timeout', when: (refusal) => refusal.status === 408 || refusal.status === 504 || refusal.status === 524 },
  { code: 'unsupported_parameter', when: (refusal) => [400, 422].includes(refusal.status) && says(refusal, unsupported) },
  { code: 'overloaded', when: (refusal) => [503, 529, 498].includes(refusal.status) || says(refusal, /overloaded|capacity exceeded|model is currently loading/) },
  // 424: Bedrock's model broke while it answered.
  { code: 'server_error', when: (refusal) => refusal.status >= 500 || refusal.status === 424 || refusal.status < 400 },
  { code: 'bad_request', when: () => true },
];

/** The failure code of a refusal. */
export function codeOfRefusal(refusal: Refusal): FailureCode {
  const row = failureTable.find(({ when }) => when(refusal));
  return row?.code ?? 'bad_request';
}

/** What a person can do about a failure, in one sentence. `timeout`, `network` and their kin say it themselves. */
export const whatToDo: Record<FailureCode, string> = {
  rate_limit: 'It is tried again after a pause; lower the load or ask the provider for a higher limit.',
  overloaded: 'It is tried again after a pause; choose another model if it lasts.',
  timeout: 'It is tried again; raise the time-out or choose a faster model if it lasts.',
  network: 'It is tried again; check the address and the network if it lasts.',
  server_error: 'It is tried again; look at the provider\'s status page if it lasts.',
  auth: 'Check its key and what the key may use.',
  billing: 'Check the account\'s credit and limits at the provider.',
  bad_request: 'Change the request.',
  not_found: 'Check the model\'s id and whether the key may use it.',
  unsupported_parameter: 'Leave it out or choose another model.',
  content_filter: 'Change the prompt or choose another model.',
  context_length: 'Shorten the conversation or choose a model with a larger context.',
};
