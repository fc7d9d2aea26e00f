/** How the candidate shown at a position (from 0) is called in a prompt: `Assistant 1`, … Numbers, so there is no last letter. */
export function labelAt(position: number): string {
  return `Assistant ${position + 1}`;
}

const label = /^assistant (\d{1,4})$/i;

/** The position behind a label among `shown` candidates; null for anything that is not exactly one of their labels. */
export function positionOf(text: unknown, shown: number): number | null {
  if (typeof text !== 'string') return null;
  const match = label.exec(text.trim());
  if (!match) return null;
  const position = Number(match[1]) - 1;
  return position >= 0 && position < shown && String(position + 1) === match[1] ? position : null;
}

/**
 * Rewrites the labels in a reviewer's prose from the numbers that reviewer saw to those the next reader sees, so that
 * "Assistant 2 is wrong" keeps meaning the same answer. `positions[i]` is the new position of the candidate shown at i.
 */
export function relabel(text: string, positions: readonly (number | undefined)[]): string {
  return text.replace(/\bassistant (\d{1,4})\b/gi, (_, digits: string) => {
    const position = positions[Number(digits) - 1];
    return position === undefined ? 'another answer' : labelAt(position);
  });
}
