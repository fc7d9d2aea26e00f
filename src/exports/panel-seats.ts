import { z } from 'zod';

const modelSeat = z.object({ provider: z.string(), model: z.string() });
const nestedPlan = z.object({ members: z.array(z.unknown()), reviewers: z.array(z.unknown()).nullish(), chairmen: z.array(z.unknown()).nullish() });
const seatSchema = z.object({ label: z.string().nullish(), model: modelSeat.nullish(), plan: z.unknown().optional() });

/** Who sat where, by the names of the models; an imported run may carry a plan of another version, so what can't be read is left out. */
export interface PanelSeats {
  members: string[];
  /** Empty: the members review, where the strategy has reviews. */
  reviewers: string[];
  /** Chairman, aggregator or judge, in the order in which they are tried. */
  chairmen: string[];
}

/**
 * The seats of a plan, such as `openai/gpt-4o-mini`; a panel in a seat is told with its own members.
 * @example panelSeats({ members: [{ model: { provider: 'groq', model: 'llama-3' } }] }).members // ['groq/llama-3']
 */
export function panelSeats(plan: unknown): PanelSeats {
  const parsed = nestedPlan.safeParse(plan);
  if (!parsed.success) return { members: [], reviewers: [], chairmen: [] };
  const names = (seats: readonly unknown[] | null | undefined): string[] => (seats ?? []).map(seatName);
  return { members: names(parsed.data.members), reviewers: names(parsed.data.reviewers), chairmen: names(parsed.data.chairmen) };
}

function seatName(seat: unknown): string {
  const parsed = seatSchema.safeParse(seat);
  if (!parsed.success) return 'unknown';
  const { label, model, plan } = parsed.data;
  if (model) return `${model.provider}/${model.model}`;
  const { members } = panelSeats(plan);
  return `${label ?? 'a panel'}${members.length === 0 ? '' : ` (${members.join(', ')})`}`;
}
