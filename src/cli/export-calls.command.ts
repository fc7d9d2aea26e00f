import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { CallEntity } from '../traces/call.entity.js';
import { withDatabase } from './find-database.js';

const pageSize = 500;

interface ExportOptions {
  output?: string;
  completion?: string;
  since?: string;
  until?: string;
}

/** Writes the ledger as JSON lines in order of recording, page by page, so that its size does not matter. */
export async function exportCalls(options: ExportOptions): Promise<void> {
  const since = time('--since', options.since);
  const until = time('--until', options.until);
  const out: Writable = options.output === undefined ? process.stdout : createWriteStream(options.output);
  let count = 0;
  await withDatabase(async (dataSource) => {
    for (let after = '0'; ; ) {
      const query = dataSource.getRepository(CallEntity).createQueryBuilder('call').where('call.id > :after', { after }).orderBy('call.id').limit(pageSize);
      if (options.completion !== undefined) query.andWhere('call.completion_id = :completion', { completion: options.completion });
      if (since) query.andWhere('call.started_at >= :since', { since });
      if (until) query.andWhere('call.started_at < :until', { until });
      const rows = await query.getMany();
      for (const row of rows) {
        if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, 'drain');
      }
      count += rows.length;
      after = rows.at(-1)?.id ?? after;
      if (rows.length < pageSize) return;
    }
  });
  if (options.output !== undefined) {
    out.end();
    await once(out, 'close');
    console.error(`${String(count)} calls written to ${options.output}`);
  }
}

function time(option: string, text: string | undefined): Date | null {
  if (text === undefined) return null;
  const parsed = new Date(text);
  if (Number.isNaN(parsed.getTime())) throw new Error(`${option} '${text}' is not a time such as 2026-11-21T10:00:00Z.`);
  return parsed;
}
