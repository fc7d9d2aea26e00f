import { z } from 'zod';
import { ProviderFailure } from '../providers/provider-failure.js';

export const providerStates = ['ok', 'not_configured', 'key_refused', 'forbidden', 'no_credit', 'not_found', 'down', 'failed'] as const;

/** `GET /api/providers/health`: what the cheapest call to each provider came to. */
export const providerHealthSchema = z
  .object({
    provider: z.string(),
    status: z.enum(providerStates).describe('`key_refused`: 401, `forbidden`: 403, `not_found`: 404, `down`: no answer, or 5xx'),
    message: z.string().describe('What happened and what to do; never holds a key'),
    http_status: z.int().nullable(),
    models: z.int().nullable().describe('How many models its list has; null where it gave none'),
    took_ms: z.int(),
    checked_at: z.string(),
  })
  .meta({ id: 'ProviderHealth' });
export const providerHealthListSchema = z.object({ data: z.array(providerHealthSchema) }).meta({ id: 'ProviderHealthList' });
export type ProviderHealth = z.infer<typeof providerHealthSchema>;

/** What stands in the way of a job; null: nothing that the check can see. A provider that is down may be back later, a key that is refused will not mend itself. */
export interface PreflightFault {
  provider: string;
  /** Null: it concerns the provider whatever the model. */
  model: string | null;
  code: Exclude<ProviderHealth['status'], 'ok'> | 'model_disabled';
  /** Whether waiting may help. */
  mayPass: boolean;
  message: string;
}

/**
 * Refusals that are about the list alone: rights that keys for calls are often made without (OpenAI's restricted keys, AWS policies with `InvokeModel` only). Whoever gets them has
 * been recognised.
 */
const aboutTheList = /missing scopes: api\.model\.read|bedrock:List(FoundationModels|InferenceProfiles)/i;

/** How the failure of a list of models reads as health. It is worded here and not taken from the provider, whose messages quote what they got. */
export function healthOfFailure(provider: string, error: unknown, keyVariable: string | null): Pick<ProviderHealth, 'status' | 'message' | 'http_status'> {
  if (!(error instanceof ProviderFailure)) return { status: 'failed', message: `Provider '${provider}' could not be checked.`, http_status: null };
  const http = error.httpStatus ?? null;
  const told = http === null ? '' : ` (HTTP ${String(http)})`;
  const key = keyVariable ?? 'its key';
  switch (error.code) {
    case 'auth':
      if (aboutTheList.test(error.message)) return { status: 'ok', message: `Provider '${provider}' knows its key, which may not list models${told}: whether it may call them the first call shows.`, http_status: http };
      return http === 403
        ? { status: 'forbidden', message: `Provider '${provider}' knows its key, but forbids the call${told}. Give the key the rights for models, or use another one in ${key}.`, http_status: http }
        : { status: 'key_refused', message: `Provider '${provider}' refuses its key${told}. Correct ${key} and start again.`, http_status: http };
    case 'billing':
      return { status: 'no_credit', message: `Provider '${provider}' refuses for lack of credit${told}. Check the account there.`, http_status: http };
    case 'not_found':
      return { status: 'not_found', message: `Provider '${provider}' has no list of models at its address${told}. Check its base URL.`, http_status: http };
    case 'rate_limit':
      return { status: 'ok', message: `Provider '${provider}' answers and takes its key, but is at its rate limit${told}.`, http_status: http };
    case 'timeout':
    case 'network':
    case 'overloaded':
    case 'server_error':
      return { status: 'down', message: `Provider '${provider}' is down or can't be reached: ${http === null ? (error.code === 'timeout' ? 'no answer in time' : 'no connection') : `HTTP ${String(http)}`}. Try again later, or check its address and the network.`, http_status: http };
    default:
      return { status: 'failed', message: `Provider '${provider}' answers its list of models with a failure (${error.code}${http === null ? '' : `, HTTP ${String(http)}`}).`, http_status: http };
  }
}
