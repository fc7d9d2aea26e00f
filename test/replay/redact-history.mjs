/** A history without what tells of the machine it was recorded on: identities, stack traces, task queues of one process. */
export function redactHistory(value) {
  if (Array.isArray(value)) return value.map(redactHistory);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, redacted(key, part)]));
}

function redacted(key, part) {
  if (key === 'identity') return 'worker';
  if (key === 'stackTrace') return '';
  if (key === 'taskQueue' && part?.kind === 'TASK_QUEUE_KIND_STICKY') return { ...part, name: 'sticky' };
  return redactHistory(part);
}
