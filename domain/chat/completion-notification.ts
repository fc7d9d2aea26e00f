import type { StageName } from './call.js';

/** The one Postgres channel on which workers tell every api about completions. */
export const completionChannel = 'conclave_completions';

/**
 * What travels in a notification, as JSON of less than 8,000 bytes. Notifications are hints: whoever loses one reads the rows.
 * - `text`: a piece of the final answer; `offset` counts UTF-16 code units from the start of that attempt's text.
 * - `call`: a call of a streamed completion ended.
 * - `done`: the completion's row has its outcome.
 */
export type CompletionNotification =
  | { kind: 'text'; completionId: string; attempt: number; offset: number; text: string }
  | { kind: 'call'; completionId: string; stage: StageName; memberIndex: number; of: number; ok: boolean }
  | { kind: 'done'; completionId: string };
