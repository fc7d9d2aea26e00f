import type { RunSamplesStore, SampleResult } from '../src/runs/run-samples.store.js';
import type { CallRecord } from '../src/traces/calls.store.js';
import { untilDatabaseAnswers } from '../src/database/until-database-answers.js';
import type { CallLog } from './call-log.js';

/** Milliseconds that an answer waits for others to share its statement. */
const lingerMs = 8;
const largestGroup = 200;
/** Statements under way at the same time. */
const mostWrites = 2;
/** Milliseconds for which a paid answer waits for a database that is away. */
const patienceMs = 15 * 60_000;

interface Entry {
  records: readonly CallRecord[];
  result: SampleResult | null;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Writes what samples come to, in groups: answers that end within a few milliseconds share one statement, which is a third of the work of one each. */
export class SampleWriter {
  private queue: Entry[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writes = 0;

  constructor(
    private readonly samples: RunSamplesStore,
    private readonly log: CallLog | null,
  ) {}

  /** Resolves when attempts and outcome are committed, both or neither. */
  write(records: readonly CallRecord[], result: SampleResult | null): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push({ records, result, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.writes >= mostWrites || this.queue.length === 0) return;
    if (this.queue.length >= largestGroup) this.begin();
    else this.timer ??= setTimeout(() => { this.begin(); }, lingerMs);
  }

  private begin(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const group = this.queue.splice(0, largestGroup);
    this.writes++;
    void this.writeGroup(group).finally(() => {
      this.writes--;
      this.schedule();
    });
  }

  private async writeGroup(group: Entry[]): Promise<void> {
    try {
      await this.commit(group);
      for (const entry of group) entry.resolve();
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      // One that can't be stored must not take the others with it.
      else for (const entry of group) await this.writeGroup([entry]);
    }
  }

  // In one order everywhere, so that two workers that hold the same samples do not wait for each other.
  private async commit(group: readonly Entry[]): Promise<void> {
    const records = group.flatMap((entry) => entry.records).sort((left, right) => compare(left.completionId, right.completionId) || compare(left.key, right.key));
    const results = group.flatMap(({ result }) => (result === null ? [] : [result])).sort((left, right) => compare(left.id, right.id));
    const entered = await untilDatabaseAnswers(() => this.samples.write(records, results, this.log !== null), { patienceMs });
    for (const { id, completionId, key, attempt } of entered) {
      const record = records.find((candidate) => candidate.completionId === completionId && candidate.key === key && candidate.attempt === attempt);
      if (record) this.log?.append(record, id);
    }
  }
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
