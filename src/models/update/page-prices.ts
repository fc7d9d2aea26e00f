import { z } from 'zod';
import { extractJson } from '../../../domain/ballots/extract-json.js';
import type { Provider } from '../../providers/provider.js';

/** A price as a page tells it: US dollars per million tokens, standard (realtime) rate. */
export interface PagePrice {
  model: string;
  inputUsd: number;
  outputUsd: number;
  cachedInputUsd: number | null;
}

const usd = z.number().min(0).max(10_000);
const answerSchema = z.object({
  prices: z.array(z.object({ model: z.string().min(1), input_usd_per_million: usd, output_usd_per_million: usd, cached_input_usd_per_million: usd.nullish() })),
});
const patienceMs = 120_000;
/** Of a page's text; the rest is not looked at. */
export const readCharacters = 50_000;

/**
 * The prices that a model reads out of a page's text. It is told to take only what stands there; asked once more where its answer is no such list, then this throws.
 * What it says is not believed yet: `judgePrices` does that.
 */
export async function readPagePrices(question: { provider: Provider; model: string; about: string; ids: readonly string[]; page: string; signal: AbortSignal }): Promise<PagePrice[]> {
  for (let attempt = 0; ; attempt++) {
    const { text } = await question.provider.generate(
      { model: question.model, messages: [{ role: 'system', content: instruction(question) }, { role: 'user', content: question.page.slice(0, readCharacters) }], sampling: { temperature: 0 }, responseFormat: { type: 'json_object' } },
      { signal: question.signal, timeoutMs: patienceMs },
    );
    const found = extractJson(text, 'prices');
    const parsed = found.ok ? answerSchema.safeParse(found.value) : null;
    if (parsed?.success === true) return parsed.data.prices.map((price) => ({ model: price.model, inputUsd: price.input_usd_per_million, outputUsd: price.output_usd_per_million, cachedInputUsd: price.cached_input_usd_per_million ?? null }));
    if (attempt > 0) throw new Error(`${question.model} gave no list of prices for ${question.about}: ${found.ok ? 'fields are missing or of another kind' : found.reason}.`);
  }
}

function instruction({ about, ids }: { about: string; ids: readonly string[] }): string {
  return [
    `You read prices of ${about}'s models from the text of a page. Answer with one JSON object and nothing else:`,
    '{"prices": [{"model": "<id>", "input_usd_per_million": <number>, "output_usd_per_million": <number>, "cached_input_usd_per_million": <number or null>}]}',
    'US dollars per million tokens, the standard price (no batch, flex or priority price); where a price has tiers, the lowest tier.',
    'Take only what stands in the text. A model without a price in the text is left out; nothing is guessed.',
    `Ids that may be used, and no others: ${ids.join(', ')}.`,
  ].join('\n');
}
