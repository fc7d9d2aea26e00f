const prefix = 'run_';

/** Id of a run's sample: the completion id of its calls. */
export function sampleId(runId: string, benchmark: string, ordinal: number): string {
  return `${runId}.${benchmark}.${ordinal}`;
}

/** Whether calls under this id are those of a run's sample; ids of completions and batch items begin otherwise. */
export function isSampleId(completionId: string): boolean {
  return completionId.startsWith(prefix) && completionId.includes('.');
}

/** Whether it is the id of a run, as calls carry it for their group. */
export function isRunId(groupId: string): boolean {
  return groupId.startsWith(prefix);
}

/** A new run's id. `random`: its 24 hex digits. */
export function runIdOf(random: string): string {
  return `${prefix}${random}`;
}
