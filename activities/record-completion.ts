import { ApplicationFailure } from '@temporalio/common';
import { withOwnToolCallIds } from '../domain/chat/own-tool-call-ids.js';
import type { RecordCompletionStore } from '../src/completions/record-completion.store.js';
import { untilDatabaseAnswers } from '../src/database/until-database-answers.js';
import type { CompletionActivities } from './completion-activities.js';

/** Milliseconds one attempt waits for a database that is away; Temporal makes further attempts until it is back. */
const patienceMs = 2_000;

/** The local activity that ends every completion. */
export function createRecordCompletion(store: RecordCompletionStore): CompletionActivities['recordCompletion'] {
  return async ({ completionId, outcome, callsUnderWay }) => {
    const calls = await untilDatabaseAnswers(() => store.finish(completionId, withOwnToolCallIds(completionId, outcome), callsUnderWay), { patienceMs });
    if (calls === null) throw ApplicationFailure.nonRetryable(`Completion ${completionId} is not in the database.`, 'internal');
    return { calls };
  };
}
