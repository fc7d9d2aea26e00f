import { z } from 'zod';
import { bearer, type ModelListing } from './list-models.js';

const count = z.number().positive().nullish().catch(null);
const entry = z.object({
  id: z.string().min(1),
  display_name: z.string().nullish().catch(null), // Together.
  name: z.string().nullish().catch(null), // OpenRouter.
  context_length: count, // Together, OpenRouter, Fireworks.
  context_window: count, // Groq.
  max_model_len: count, // vLLM, which is what Chutes runs.
  max_completion_tokens: count, // Groq.
  top_provider: z.object({ max_completion_tokens: count }).nullish().catch(null), // OpenRouter.
  metadata: z.object({ context_length: count, max_tokens: count }).nullish().catch(null), // DeepInfra.
});
// Together answers with the bare list.
const page = z.union([z.object({ data: z.array(z.unknown()) }), z.array(z.unknown())]);

/** `/models` of OpenAI and everybody who speaks its wire; what others add to an entry is read where it is. */
export const openAiModelListing: ModelListing = {
  path: '/models',
  headers: bearer,
  read: (content) => {
    const parsed = page.parse(content);
    const entries = Array.isArray(parsed) ? parsed : parsed.data;
    return { models: entries.flatMap((value) => toListed(entry.safeParse(value))), nextQuery: null };
  },
};

function toListed(parsed: z.ZodSafeParseResult<z.infer<typeof entry>>): ReturnType<ModelListing['read']>['models'] {
  if (!parsed.success) return [];
  const { id, display_name, name, context_length, context_window, max_model_len, max_completion_tokens, top_provider, metadata } = parsed.data;
  return [
    {
      id,
      displayName: display_name ?? name ?? null,
      contextTokens: context_length ?? context_window ?? max_model_len ?? metadata?.context_length ?? null,
      outputTokens: max_completion_tokens ?? top_provider?.max_completion_tokens ?? metadata?.max_tokens ?? null,
    },
  ];
}
