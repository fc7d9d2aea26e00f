import { callWithTextBody } from './call-response.js';
import type { CallFilter } from './trace-filters.dto.js';
import type { TracesStore } from './traces.store.js';

/**
 * The calls of a filter as JSON lines, oldest first, newline included. `caller` null: everybody's.
 * @example for await (const line of exportCalls(new TracesStore(pool), null, {})) process.stdout.write(line);
 */
export async function* exportCalls(store: TracesStore, caller: string | null, filter: CallFilter): AsyncGenerator<string> {
  for await (const row of store.everyCall(caller, filter)) yield `${JSON.stringify(callWithTextBody(row))}\n`;
}
