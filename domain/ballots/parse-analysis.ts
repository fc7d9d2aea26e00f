import { extractJson } from './extract-json.js';

const sections = [
  ['consensus', 'Sound and shared'],
  ['contradictions', 'Contradictions'],
  ['partial_coverage', 'Treated by some only'],
  ['unique_insights', 'Seen by one only'],
  ['blind_spots', 'Missed by all'],
] as const;

/** The judge's analysis (reply to `outputFormats.analysis`) as text for the writer; null where it can't be read. Missing sections are empty. */
export function parseAnalysis(reply: string): string | null {
  const json = extractJson(reply, 'consensus');
  if (!json.ok) return null;
  const lines: string[] = [];
  for (const [name, heading] of sections) {
    const points = json.value[name] ?? [];
    if (!Array.isArray(points) || points.some((point) => typeof point !== 'string')) return null;
    if (points.length > 0) lines.push(`${heading}:`, ...(points as string[]).map((point) => `- ${point}`));
  }
  return lines.join('\n');
}
