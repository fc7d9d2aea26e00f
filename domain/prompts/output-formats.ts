/**
 * The closing sections of our prompts that ask for a machine-readable answer. They are the contract between prompts,
 * ballot parsers and the simulated provider, which recognises a prompt by them.
 */
export const outputFormats = {
  approve:
    'Reply with one JSON object and nothing else: {"votes": [{"answer": "Assistant 1", "verdict": "ACCEPTED"}, …], "preferred": "Assistant 1"}. ' +
    'Give every answer exactly one verdict, ACCEPTED or REJECTED, and name exactly one preferred answer.',
  ranking:
    'Reply with one JSON object and nothing else: {"ranking": ["Assistant 2", "Assistant 1", …], "reason": "…"}. ' +
    'The ranking lists every answer exactly once, best first; the reason is one or two sentences on why the first is best.',
  critiqueAndRanking:
    'Reply with one JSON object and nothing else: {"critiques": [{"answer": "Assistant 1", "strengths": "…", "weaknesses": "…"}, …], "ranking": ["Assistant 2", "Assistant 1", …]}. ' +
    'The ranking lists every answer exactly once, best first.',
  analysis:
    'Reply with one JSON object and nothing else: {"consensus": ["…"], "contradictions": ["…"], "partial_coverage": ["…"], "unique_insights": ["…"], "blind_spots": ["…"]}.',
  repair: 'Your previous reply could not be read.',
} as const;

/** How an answer is shown to reviewers and writers. The fence is drawn per prompt, so that no answer can pretend to be another. */
export function candidateBlock(label: string, text: string, fence: string): string {
  return `[[${label} ${fence}]]\n${text}\n[[end ${label} ${fence}]]`;
}

/** Finds the blocks of `candidateBlock` in a prompt: label and text, in order of appearance. */
export function parseCandidateBlocks(prompt: string): { label: string; text: string }[] {
  const blocks: { label: string; text: string }[] = [];
  const opening = /^\[\[((?:Assistant|Answer) \d+) ([0-9a-z]+)\]\]$/gm;
  for (let match = opening.exec(prompt); match; match = opening.exec(prompt)) {
    const end = prompt.indexOf(`\n[[end ${match[1] ?? ''} ${match[2] ?? ''}]]`, opening.lastIndex);
    if (end === -1) continue;
    blocks.push({ label: match[1] ?? '', text: prompt.slice(opening.lastIndex + 1, end) });
    opening.lastIndex = end;
  }
  return blocks;
}
