/**
 * Whether two results of MATH are equal by the rule of Hendrycks et al. 2021 (hendrycks/math at 985bdc1, MIT): equal as strings after spelling variants of TeX are brought to one form.
 * Two missing results are equal, one is not. Each step is linear in time.
 */
export function equalAsStrings(left: string | null, right: string | null): boolean {
  if (left === null || right === null) return left === right;
  return normaliseTex(left) === normaliseTex(right);
}

/** One spelling of a TeX result. */
export function normaliseTex(text: string): string {
  const steps: ((value: string) => string)[] = [
    (value) => value.replaceAll('\n', '').replaceAll('\\!', '').replaceAll('\\\\', '\\'),
    (value) => value.replaceAll('tfrac', 'frac').replaceAll('dfrac', 'frac').replaceAll('\\left', '').replaceAll('\\right', ''),
    (value) => value.replaceAll('^{\\circ}', '').replaceAll('^\\circ', '').replaceAll('\\$', ''),
    withoutUnit,
    (value) => value.replaceAll('\\%', '').replaceAll(' .', ' 0.').replaceAll('{.', '{0.'),
    (value) => (value.startsWith('.') ? `0${value}` : value),
    withoutShortLeftSide,
    (value) => value.replaceAll(/\\sqrt(?=[^{])(.)/gs, '\\sqrt{$1}').replaceAll(' ', ''),
    bracedFractions,
    (value) => (value === '0.5' ? '\\frac{1}{2}' : value),
    (value) => value.replace(/^(-?\d+)\/(-?\d+)$/, '\\frac{$1}{$2}'),
  ];
  return steps.reduce((value, step) => step(value), text);
}

// A unit is written as `\text{ cm}` at the end.
function withoutUnit(value: string): string {
  const parts = value.split('\\text{ ');
  return parts.length === 2 ? (parts[0] ?? value) : value;
}

// `k = 5` is 5: a left side of at most two characters is a name.
function withoutShortLeftSide(value: string): string {
  const parts = value.split('=');
  return parts.length === 2 && (parts[0] ?? '').length <= 2 ? (parts[1] ?? value) : value;
}

/** `\frac12` → `\frac{1}{2}`, `\frac1{72}` → `\frac{1}{72}`; as it was where a fraction is cut short. */
function bracedFractions(value: string): string {
  const [head = '', ...pieces] = value.split('\\frac');
  let result = head;
  for (const piece of pieces) {
    if (piece.startsWith('{')) result += `\\frac${piece}`;
    else if (piece.length < 2) return value;
    else if (piece[1] === '{') result += `\\frac{${piece[0] ?? ''}}${piece.slice(1)}`;
    else result += `\\frac{${piece[0] ?? ''}}{${piece[1] ?? ''}}${piece.slice(2)}`;
  }
  return result;
}
