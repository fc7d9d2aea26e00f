import { z } from 'zod';
import { httpFetch } from './http-fetch.js';

const timeoutMs = 10_000;
const participants = z.array(z.union([z.string().transform((id) => ({ id, thinking: false })), z.object({ id: z.string(), thinking: z.boolean().nullish() }).transform(({ id, thinking }) => ({ id, thinking: thinking ?? false }))])).nullish();
const described = z.object({ gremium_version: z.string().nullish(), version: z.string().nullish(), simulated: z.boolean().nullish(), participants });

/** What is recorded of a Gremium with a run; null is unknown, and `gremium_note` then says why. */
export interface GremiumFacts {
  gremium_base_url: string | null;
  gremium_version: string | null;
  gremium_participants: { id: string; thinking: boolean }[] | null;
  gremium_note?: string | null;
  /** It is a Conclave that says of itself that its answers are simulated. */
  gremium_simulated?: true;
  [key: string]: unknown;
}

/** Asks a Gremium for its version and participants: `/metadata`, else `/health`. Never throws. `baseUrl`: without a path; null: none is enabled. */
export async function readGremiumFacts(baseUrl: string | null): Promise<GremiumFacts> {
  const unknown = { gremium_base_url: baseUrl, gremium_version: null, gremium_participants: null };
  if (baseUrl === null) return { ...unknown, gremium_note: 'No Gremium is enabled here; set ENABLE_GREMIUM_PROVIDER=true.' };
  const faults: string[] = [];
  for (const path of ['/metadata', '/health']) {
    try {
      const response = await httpFetch(`${baseUrl}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
      if (!response.ok) throw new Error(`status ${String(response.status)}`);
      const { gremium_version: gremiumVersion, version, simulated, participants: members } = described.parse(await response.json());
      if (members != null || path === '/health') return { gremium_base_url: baseUrl, gremium_version: gremiumVersion ?? version ?? null, gremium_participants: members ?? null, ...(simulated === true && { gremium_simulated: true }), gremium_note: null };
      faults.push(`${path}: no participants`);
    } catch (error) {
      faults.push(`${path}: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`);
    }
  }
  return { ...unknown, gremium_note: `The Gremium at ${baseUrl} did not describe itself (${faults.join('; ')}).` };
}
