/**
 * Whether two results of MATH are equal by the rule of Hendrycks et al. 2021 (hendrycks/math at 985bdc1, MIT): equal as strings after spelling variants of TeX are brought to one form; where that form
 * can't be made of one of them, as both stand. Two missing results are equal, one is not. Each step is linear in time, characters are code points.
 */
export function equalAsStrings(left: string | null, right: string | null): boolean {
  if (left === null || right === null) return left === right;
  const [first, second] = [oneSpelling(left), oneSpelling(right)];
  return first === null || second === null ? left === right : first === second;
}

/** One spelling of a TeX result; as it stands where the rule gives up. */
export function normaliseTex(text: string): string {
  return oneSpelling(text) ?? text;
}

/** Null where the reference raises: two units, a root or a fraction with nothing behind it. */
function oneSpelling(text: string): string | null {
  const steps: ((value: string) => string | null)[] = [
    (value) => value.replaceAll('\n', '').replaceAll('\\!', '').replaceAll('\\\\', '\\'),
    (value) => value.replaceAll('tfrac', 'frac').replaceAll('dfrac', 'frac').replaceAll('\\left', '').replaceAll('\\right', ''),
    (value) => value.replaceAll('^{\\circ}', '').replaceAll('^\\circ', '').replaceAll('\\$', ''),
    withoutUnit,
    (value) => value.replaceAll('\\%', '').replaceAll(' .', ' 0.').replaceAll('{.', '{0.'),
    (value) => (value.startsWith('.') ? `0${value}` : value),
    withoutShortLeftSide,
    bracedRoots,
    (value) => value.replaceAll(' ', ''),
    bracedFractions,
    (value) => (value === '0.5' ? '\\frac{1}{2}' : value),
    (value) => value.replace(/^(-?[1-9]\d*|0)\/(-?[1-9]\d*|0)$/, '\\frac{$1}{$2}'),
  ];
  return steps.reduce<string | null>((value, step) => (value === null ? null : step(value)), text);
}

// A unit is written as `\text{ cm}` at the end.
function withoutUnit(value: string): string | null {
  const parts = value.split('\\text{ ');
  return parts.length > 2 ? null : (parts[0] ?? value);
}

// `k = 5` is 5: a left side of at most two characters is a name.
function withoutShortLeftSide(value: string): string {
  const [left = '', right, ...more] = value.split('=');
  return right !== undefined && more.length === 0 && left.length <= 4 && Array.from(left).length <= 2 ? right : value;
}

/** `\sqrt3` → `\sqrt{3}`. */
function bracedRoots(value: string): string | null {
  const [head = '', ...pieces] = value.split('\\sqrt');
  let result = head;
  for (const piece of pieces) {
    if (piece === '') return null;
    const [first = ''] = piece;
    result += first === '{' ? `\\sqrt${piece}` : `\\sqrt{${first}}${piece.slice(first.length)}`;
  }
  return result;
}

/** `\frac12` → `\frac{1}{2}`, `\frac1{72}` → `\frac{1}{72}`; as it was where a fraction is cut short after its first character. */
function bracedFractions(value: string): string | null {
  const [head = '', ...pieces] = value.split('\\frac');
  let result = head;
  for (const piece of pieces) {
    const [above, below] = Array.from(piece.slice(0, 4));
    if (above === undefined) return null;
    if (above === '{') result += `\\frac${piece}`;
    else if (below === undefined) return value;
    else {
      const rest = piece.slice(above.length + below.length);
      result += below === '{' ? `\\frac{${above}}{${rest}` : `\\frac{${above}}{${below}}${rest}`;
    }
  }
  return result;
}
