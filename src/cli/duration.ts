/**
 * Milliseconds of a duration such as `1h30m`, `90s` or `2d`; a bare number counts seconds. Throws for anything else.
 * @example parseDuration('1h30m') // 5_400_000
 */
export function parseDuration(text: string): number {
  const units: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  if (!/^(?:\d+[dhms])+$/.test(text)) throw new Error(`'${text}' is no duration: write 90s, 30m, 1h30m or 2d.`);
  return [...text.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0), 0);
}

/** Seconds as people write them: `42s`, `3m 05s`, `2h 07m`, `1d 04h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${String(whole)}s`;
  if (whole < 3_600) return `${String(Math.floor(whole / 60))}m ${two(whole % 60)}s`;
  if (whole < 86_400) return `${String(Math.floor(whole / 3_600))}h ${two(Math.floor((whole % 3_600) / 60))}m`;
  return `${String(Math.floor(whole / 86_400))}d ${two(Math.floor((whole % 86_400) / 3_600))}h`;
}
