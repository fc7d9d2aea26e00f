import { seededUnit } from './seeded-hash.js';

/** How a simulated model behaves. */
export interface ModelProfile {
  /** Milliseconds to the first token (or, with unlimited speed, to the whole answer). */
  latencyMs: number;
  /** Tokens per second after the first; 0: unlimited. */
  tokensPerSecond: number;
  /** Chance in [0, 1] to be right, and weight of reason over taste in its ballots. */
  skill: number;
  /** Share in [0, 1] of input tokens reported as cached. */
  cached: number;
  /** Tokens reported as reasoning, on top of the visible ones. */
  reasoningTokens: number;
  /** Identical requests get different answers (by their number), as with a real model's temperature. */
  vary: boolean;
  /** A fixed answer instead of a thought one. */
  answer: string | null;
}

/** A model name taken apart: `gpt-4o@latency=100,fault=429x2` → base `gpt-4o`, a profile's overrides and effects. */
export interface ParsedModelName {
  base: string;
  overrides: Partial<ModelProfile>;
  /** Effects by name (see `rules.ts`), each with the number of requests it lasts; `null`: always. */
  effects: { effect: string; count: number | null }[];
  retryAfterSeconds: number | null;
}

const numbers: Record<string, keyof ModelProfile> = {
  latency: 'latencyMs',
  tps: 'tokensPerSecond',
  skill: 'skill',
  cached: 'cached',
  reasoning: 'reasoningTokens',
};

/**
 * Reads the directives after the first `@` of a model name, separated by `,` or `+` (a comma can't stand in `TRIO_MODELS`):
 * `latency=<ms>` `tps=<tokens/s, 0 unlimited>` `skill=<0–1>` `cached=<0–1>` `reasoning=<tokens>` `vary` `fault=<effect>[x<count>]` `retry_after=<s>`.
 * Unknown directives are left out; a name without `@` has none.
 */
export function parseModelName(name: string): ParsedModelName {
  const at = name.indexOf('@');
  const parsed: ParsedModelName = { base: at === -1 ? name : name.slice(0, at), overrides: {}, effects: [], retryAfterSeconds: null };
  if (at === -1) return parsed;
  for (const directive of name.slice(at + 1).split(/[,+]/)) {
    const [key = '', value = ''] = directive.split('=');
    const field = numbers[key];
    if (field && value !== '' && Number.isFinite(Number(value))) Object.assign(parsed.overrides, { [field]: Number(value) });
    else if (key === 'vary') parsed.overrides.vary = true;
    else if (key === 'retry_after') parsed.retryAfterSeconds = Number(value);
    else if (key === 'fault') {
      const match = /^(.+?)(?:x(\d+))?$/.exec(value);
      if (match?.[1]) parsed.effects.push({ effect: match[1], count: match[2] ? Number(match[2]) : null });
    }
  }
  return parsed;
}

/** A believable chance to be right for a model nobody configured: large names know more, small ones less, with a spread of their own. */
export function skillOfName(base: string): number {
  const spread = (seededUnit('skill', base) - 0.5) * 0.1;
  if (/mini|nano|haiku|flash|small|lite|\b[1-9]b\b|-[1-9]b|instant/i.test(base)) return 0.78 + spread;
  if (/opus|sonnet|pro|gpt-5|o[134]|large|r1|70b|405b/i.test(base)) return 0.92 + spread;
  return 0.85 + spread;
}

/** Settings of a whole server: what holds for every model and what for some. */
export interface ProfileSettings {
  defaults: Partial<ModelProfile>;
  /** By base name, or by `provider/base`. */
  models: Record<string, Partial<ModelProfile>>;
  /** Latencies and speeds of their own for each model, for demonstrations: 150–400 ms, about 80 tokens/s. */
  believable: boolean;
}

/** The profile of one model: its name's directives over its own settings over the server's defaults over what the name suggests. */
export function profileOf(provider: string, parsed: ParsedModelName, settings: ProfileSettings): ModelProfile {
  const base = parsed.base;
  return {
    latencyMs: settings.believable ? Math.round(150 + 250 * seededUnit('latency', base)) : 0,
    tokensPerSecond: settings.believable ? Math.round(60 + 40 * seededUnit('speed', base)) : 0,
    skill: skillOfName(base),
    cached: 0,
    reasoningTokens: 0,
    vary: false,
    answer: null,
    ...settings.defaults,
    ...settings.models[base],
    ...settings.models[`${provider}/${base}`],
    ...parsed.overrides,
  };
}
