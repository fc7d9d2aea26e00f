import { z } from 'zod';
import type { StrategyPlan } from '../../domain/chat/plan.js';

const participant = z.object({ id: z.string().describe('`provider/model`, or the name of a nested panel'), thinking: z.boolean().describe('Whether the registry knows it as a reasoning model') });

/** `GET /health`: what a caller wants to know of a consensus service, without asking its engines. */
export const healthSchema = z
  .object({ status: z.literal('ok'), version: z.string(), participants: z.array(participant).describe('Members of the default panel') })
  .meta({ id: 'Health' });
export type HealthBody = z.infer<typeof healthSchema>;

/** `GET /metadata`: what a benchmark of this service records beside its results. */
export const metadataSchema = z
  .object({
    name: z.literal('conclave'),
    gremium_version: z.string().describe('Version of this service, under the name consensus clients read'),
    version: z.string(),
    participants: z.array(participant),
    strategy: z.string().nullable().describe('Of the default panel'),
    panel: z.object({ name: z.string(), version: z.int() }).nullable().describe('Stored panel behind `gremium-consensus`, if any'),
    chairmen: z.array(z.string()),
    simulated: z.boolean().describe('Answers come from the simulated provider'),
    providers: z.array(z.string()).describe('Providers that can be called'),
    models: z.array(z.string()).describe('Names of the built-in panels'),
    endpoints: z.object({ openai: z.string(), anthropic: z.string() }),
    temporal_ui_url: z.string().nullable(),
  })
  .meta({ id: 'Metadata' });
export type MetadataBody = z.infer<typeof metadataSchema>;

/** The members of the default panel, each once; empty where it can't be planned. */
export function participantsOf(plan: StrategyPlan | null, isThinking: (provider: string, model: string) => boolean): HealthBody['participants'] {
  const seen = new Map<string, HealthBody['participants'][number]>();
  for (const member of plan?.members ?? [])
    seen.set(member.label, { id: member.label, thinking: member.kind === 'model' && isThinking(member.model.provider, member.model.model) });
  return [...seen.values()];
}
