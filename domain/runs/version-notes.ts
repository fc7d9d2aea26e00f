import { z } from 'zod';

/** Which versions of the product, of scorers and of prompts took part in a run, where it was more than one. */
const versionFacts = z.object({
  /** Code that worked on the run beside the `code_version` it was begun with, oldest first. */
  later_code_versions: z.array(z.string()).nullish(),
  /** By benchmark: a scorer of another version scored some answers; all are scored by `to` now. `prompts`: whether they were asked as that version asks. */
  scored_anew: z.record(z.string(), z.object({ from: z.string(), to: z.string(), prompts: z.enum(['same', 'earlier']) })).nullish(),
});

/** What readers of a run must know of its versions, one sentence each; empty where there was but one. An imported run may say it otherwise, and then nothing is told. */
export function versionNotes(codeVersion: string, metadata: Record<string, unknown>): string[] {
  const facts = versionFacts.safeParse(metadata);
  if (!facts.success) return [];
  const { later_code_versions: later, scored_anew: scored } = facts.data;
  return [
    ...(later != null && later.length > 0 ? [`Several versions of the product carried this run out: ${[codeVersion, ...later].join(', ')}. Samples asked by the later ones may have been asked otherwise, such as by other prompts of a panel.`] : []),
    ...Object.entries(scored ?? {}).map(([name, { from, to, prompts }]) => `${name}: every answer is scored by ${to}; the run was begun with ${from}.${prompts === 'earlier' ? ' The questions are worded as they were then.' : ''}`),
  ];
}
