import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { poolOf } from '../database/postgres-pool.js';
import { exportCalls } from '../traces/export-calls.js';
import { TracesStore } from '../traces/traces.store.js';
import { withDatabase } from './find-database.js';

interface ExportOptions {
  output?: string;
  completion?: string;
  provider?: string;
  model?: string;
  since?: string;
  until?: string;
}

/** Writes the ledger as JSON lines in order of recording, page by page, so that its size does not matter. */
export async function exportCallsCommand(options: ExportOptions): Promise<void> {
  const filter = {
    ...(options.completion !== undefined && { completion_id: options.completion }),
    ...(options.provider !== undefined && { provider: options.provider }),
    ...(options.model !== undefined && { model: options.model }),
    ...(options.since !== undefined && { since: time('--since', options.since) }),
    ...(options.until !== undefined && { until: time('--until', options.until) }),
  };
  const out: Writable = options.output === undefined ? process.stdout : createWriteStream(options.output);
  let count = 0;
  await withDatabase(async (dataSource) => {
    for await (const line of exportCalls(new TracesStore(poolOf(dataSource)), null, filter)) {
      if (!out.write(line)) await once(out, 'drain');
      count += 1;
    }
  });
  if (options.output === undefined) return;
  out.end();
  await once(out, 'close');
  console.error(`${String(count)} calls written to ${options.output}`);
}

function time(option: string, text: string): string {
  const parsed = new Date(text);
  if (Number.isNaN(parsed.getTime())) throw new Error(`${option} '${text}' is not a time such as 2026-11-21T10:00:00Z.`);
  return parsed.toISOString();
}
