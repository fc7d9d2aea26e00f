/** At most so many characters, with an ellipsis where there were more; never half of one. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A text of others (a model's answer, a name of an imported run) on one line, without what would steer a terminal: control characters and changes of direction become U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** A cost, never an unknown one as a known one. */
export function cost({ cost_usd: usd, cost_known: isKnown }: { cost_usd: number | null; cost_known: boolean }): string {
  if (usd === null) return 'cost unknown';
  return isKnown ? money(usd) : `at least ${money(usd)}`;
}

/** A cost in few characters; `?` where it is unknown. */
export function shortCost({ cost_usd: usd, cost_known: isKnown }: { cost_usd: number | null; cost_known: boolean }): string {
  return usd === null ? '?' : isKnown ? money(usd) : `≥ ${money(usd)}`;
}

/** Dollars; what is less than a cent is not shown as nothing. */
export function money(usd: number): string {
  return `$${usd >= 0.01 || usd === 0 ? usd.toFixed(2) : usd.toFixed(6)}`;
}

/** A number of tokens in few characters. */
export function compact(tokens: number): string {
  return tokens < 10_000 ? String(tokens) : tokens < 10_000_000 ? `${String(Math.round(tokens / 1_000))}k` : `${String(Math.round(tokens / 1_000_000))}M`;
}

/** @example plural(2, 'item') // '2 items' */
export function plural(number: number, word: string): string {
  return `${String(number)} ${word}${number === 1 ? '' : 's'}`;
}

/** A bar that is full by `share` (0 to 1), for a screen of `width` columns. */
export function progressBar(share: number, width: number): string {
  const length = Math.max(10, Math.min(60, width - 8));
  const full = Math.floor(share * length);
  return `${'█'.repeat(full)}${'░'.repeat(length - full)} ${String(Math.floor(share * 100))} %`;
}
