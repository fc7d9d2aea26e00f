import { appendFile } from 'node:fs/promises';
import type { CallRecord } from '../src/traces/calls.store.js';

/** Takes every attempt after it entered the ledger. */
export interface CallLog {
  append(record: CallRecord, id: string): void;
}

/** Appends each attempt, as `lineOf` shows it, as a JSON line to `path` (`CALL_LOG_FILE`), in order; a file it makes is its owner's alone, for it holds answers. A file that can't be written is reported once and never stops a call. */
export function fileCallLog(path: string, lineOf: (record: CallRecord, id: string) => unknown, onFault: (error: unknown) => void): CallLog {
  let writing: Promise<void> = Promise.resolve();
  let faulty = false;
  return {
    append: (record, id) => {
      const line = `${JSON.stringify(lineOf(record, id))}\n`;
      writing = writing
        .then(() => appendFile(path, line, { mode: 0o600 }))
        .catch((error: unknown) => {
          if (!faulty) onFault(error);
          faulty = true;
        });
    },
  };
}
