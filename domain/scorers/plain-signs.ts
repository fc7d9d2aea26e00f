const digits = Array.from({ length: 10 }, (_, index) => [String.fromCharCode(0xff10 + index), String(index)] as const);
const letters = Array.from({ length: 10 }, (_, index) => [String.fromCharCode(0xff21 + index), String.fromCharCode(0x41 + index)] as const);

/** A text with plain digits for full-width ones (`１２` → `12`). Sign by sign, as a function called for each hit takes ten times as long. */
export function withPlainDigits(text: string): string {
  return digits.reduce((value, [wide, plain]) => value.replaceAll(wide, plain), text);
}

/** A text with plain letters A–J and colons for full-width ones (`Ａ：` → `A:`). */
export function withPlainLetters(text: string): string {
  return letters.reduce((value, [wide, plain]) => value.replaceAll(wide, plain), text.replaceAll('\uFF1A', ':'));
}
