const secretName = /(KEY|TOKEN|SECRET|PASSWORD|DATABASE_URL|HEADERS)/i;

/** The value as a fault may show it: quoted and short; secrets only as their length, URLs without their user and password. */
export function shownValue(name: string, value: unknown): string {
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (secretName.test(name) && !/_PATH$/i.test(name)) return `(${String(text.length)} characters, not shown)`;
  const withoutUser = text.replace(/\/\/[^@/\s]*@/g, '//…@');
  return `'${withoutUser.length > 80 ? `${withoutUser.slice(0, 80)}…` : withoutUser}'`;
}
