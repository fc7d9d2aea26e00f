import { z } from 'zod';

const scalar = z.union([z.string(), z.number()]).nullish().catch(null);
const details = z.object({ message: scalar, code: scalar, type: scalar, status: scalar, param: scalar, metadata: z.object({ raw: z.unknown() }).partial().nullish().catch(null) }).partial();
const body = z.object({ error: z.union([details, z.string()]).nullish(), message: scalar, detail: z.unknown(), code: scalar, type: scalar, promptFeedback: z.object({ blockReason: z.string() }).nullish().catch(null) }).partial();

/** What an error body says, in whichever of the vendors' shapes; all empty where it is none. */
export interface ErrorBody {
  message: string;
  code: string;
  type: string;
  param: string;
}

/** Reads OpenAI's, Anthropic's, Google's (also as a list of one), LiteLLM's and flat error bodies; `value` may be text or parsed. */
export function readErrorBody(value: unknown): ErrorBody {
  const content = typeof value === 'string' ? parse(value) : value;
  const parsed = body.safeParse(Array.isArray(content) ? content[0] : content);
  if (!parsed.success) return { message: typeof value === 'string' && !value.trimStart().startsWith('<') ? value : '', code: '', type: '', param: '' };
  const { error, message, detail, code, type, promptFeedback } = parsed.data;
  if (promptFeedback) return { message: `prompt blocked: ${promptFeedback.blockReason}`, code: 'content_filter', type: '', param: '' };
  const inner = typeof error === 'string' ? { message: error } : (error ?? {});
  return {
    message: text(inner.message ?? message ?? (typeof detail === 'string' ? detail : undefined)),
    code: text(inner.code ?? inner.status ?? code),
    type: [text(inner.type ?? type), text(inner.status)].join(' ').trim(),
    param: text(inner.param),
  };
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function text(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
