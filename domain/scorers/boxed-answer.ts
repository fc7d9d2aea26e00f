/**
 * What a solution of MATH gives as its result: the content of the last `\boxed{…}` (braces counted, so `\frac{1}{2}` stays whole), else of `\fbox{…}`, else of `\boxed x` up to the next `$`;
 * null where there is none. Hendrycks et al. 2021 (hendrycks/math, MIT). Linear in time.
 */
export function boxedAnswer(text: string): string | null {
  const boxed = text.lastIndexOf('\\boxed');
  const start = boxed === -1 ? text.lastIndexOf('\\fbox') : boxed;
  if (start === -1) return null;
  const open = start + (boxed === -1 ? '\\fbox' : '\\boxed').length;
  const brace = text[open] === ' ' ? open + 1 : open;
  if (text[brace] === '{') return bracedFrom(text, brace);
  if (text[open] !== ' ') return null;
  const end = text.indexOf('$', open);
  return text.slice(open + 1, end === -1 ? undefined : end).trim();
}

// Null where the brace is never closed.
function bracedFrom(text: string, open: number): string | null {
  let depth = 0;
  for (let index = open; index < text.length; index += 1) {
    if (text[index] === '{') depth += 1;
    if (text[index] === '}') depth -= 1;
    if (depth === 0) return text.slice(open + 1, index);
  }
  return null;
}
