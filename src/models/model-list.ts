import { z } from 'zod';

/** A name clients may use, as the lists of both vendors show it. */
export interface ListedModel {
  id: string;
  name: string;
  ownedBy: string;
}

/** OpenAI's shape of one model; `name` is what Open WebUI shows. */
export const openAiModelSchema = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string(), name: z.string() })
  .meta({ id: 'Model' });
const anthropicModelSchema = z
  .object({ type: z.literal('model'), id: z.string(), display_name: z.string(), created_at: z.string(), lifecycle: z.literal('active') })
  .meta({ id: 'AnthropicModel' });

export const modelSchema = z.union([openAiModelSchema, anthropicModelSchema]);
export const modelListSchema = z.union([
  z.object({ object: z.literal('list'), data: z.array(openAiModelSchema) }).meta({ id: 'ModelList' }),
  z
    .object({ data: z.array(anthropicModelSchema), has_more: z.boolean(), first_id: z.string().nullable(), last_id: z.string().nullable() })
    .meta({ id: 'AnthropicModelList' }),
]);
export type ModelBody = z.infer<typeof modelSchema>;
export type ModelListBody = z.infer<typeof modelListSchema>;

/** Which vendor's shape an answer about models has. */
export type ModelShape = 'openai' | 'anthropic';

/** One model in the asked shape; `createdAt` is when this process started, as nobody created a panel. */
export function modelBody(model: ListedModel, shape: ModelShape, createdAt: Date): ModelBody {
  if (shape === 'anthropic') return { type: 'model', id: model.id, display_name: model.name, created_at: createdAt.toISOString(), lifecycle: 'active' };
  return { id: model.id, object: 'model', created: Math.floor(createdAt.getTime() / 1_000), owned_by: model.ownedBy, name: model.name };
}

/** All models on one page: neither vendor's clients need more than one. */
export function modelListBody(models: readonly ListedModel[], shape: ModelShape, createdAt: Date): ModelListBody {
  const data = models.map((model) => modelBody(model, shape, createdAt));
  // Each element has the shape asked for, which the union of element types does not say.
  return (shape === 'anthropic' ? { data, has_more: false, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null } : { object: 'list', data }) as ModelListBody;
}
