/**
 * The batches that answered a run (the row `run` of the same FROM), as `batch`: of each benchmark the present one and, after retries, those before. Their metadata say so; a client may write the same into a batch
 * of its own, but not name its items so (indexes `batches_caller_created`, `batch_items_ordinal`).
 */
export const batchesOfRun = `LATERAL (SELECT * FROM batches WHERE run.mode = 'batch' AND batches.caller = run.caller AND batches.metadata->>'run_id' = run.id
  AND NOT EXISTS (SELECT FROM batch_items item WHERE item.batch_id = batches.id AND item.ordinal = 0 AND NOT starts_with(item.custom_id, run.id || '.'))) batch`;
