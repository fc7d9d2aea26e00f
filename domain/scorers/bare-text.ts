const around = new Set(['"', "'", '`', '*', '_', '“', '”', '‘', '’']);

/** A text without blanks, quotation marks, bold and code signs around it, and without signs of `alsoBehind` at its end. Linear in time, unlike a pattern that is anchored at the end. */
export function bareText(text: string, alsoBehind = ''): string {
  const isBlank = (sign: string): boolean => sign.trim() === '';
  let [start, end] = [0, text.length];
  while (start < end && (around.has(text.charAt(start)) || isBlank(text.charAt(start)))) start += 1;
  while (end > start && (around.has(text.charAt(end - 1)) || isBlank(text.charAt(end - 1)) || alsoBehind.includes(text.charAt(end - 1)))) end -= 1;
  return text.slice(start, end);
}
