import { LRUCache } from 'lru-cache';
import { untilDatabaseAnswers } from '../src/database/until-database-answers.js';
import type { CallRecord, CallsStore, RecordedCall } from '../src/traces/calls.store.js';
import type { CallLog } from './call-log.js';
import { conversationOf } from './compose-request.js';
import type { Conversation } from './compose-request.js';

/** Milliseconds for which a paid answer waits for a database that is away. */
const patienceMs = 15 * 60_000;
/**
 * Conversations that one worker keeps, so that a completion's calls load its messages once: as many as may be under way, and never more UTF-16 code units. Those of most questions are short, and
 * each takes several times its text, so that a limit of characters alone let hundreds of thousands stay.
 */
const cachedConversations = 1_000;
const cachedCharacters = 32 * 1024 * 1024;

/** The ledger as activities use it: waits for a database that is away, keeps recent conversations, and copies every attempt to the call log. */
export class Ledger {
  private readonly conversations = new LRUCache<string, Conversation & { size: number }>({ max: cachedConversations, maxSize: cachedCharacters, sizeCalculation: ({ size }) => size });

  constructor(
    private readonly calls: CallsStore,
    private readonly log: CallLog | null,
  ) {}

  /** The recorded success of a call, if any, and the conversation it belongs to. */
  async lookUp(completionId: string, key: string): Promise<{ recorded: RecordedCall | null; conversation: Conversation }> {
    const cached = this.conversations.get(completionId);
    if (cached) return { recorded: await this.patiently(() => this.calls.succeeded(completionId, key)), conversation: cached };
    const found = await this.patiently(() => this.calls.requestAndSucceeded(completionId, key));
    if (!found) throw new Error(`Completion ${completionId} is not in the database: its workflow belongs to another one, or the row was deleted.`);
    const conversation = { ...conversationOf(found.request), size: JSON.stringify(found.request).length };
    this.conversations.set(completionId, conversation);
    return { recorded: found.recorded, conversation };
  }

  /** The recorded success of a call, or null. */
  recorded(completionId: string, key: string): Promise<RecordedCall | null> {
    return this.patiently(() => this.calls.succeeded(completionId, key));
  }

  /** Gives up the recorded success of a call that is to be made with another request. */
  async supersede(completionId: string, key: string, requestHash: string): Promise<void> {
    await this.patiently(() => this.calls.supersede(completionId, key, requestHash));
  }

  /** Enters an attempt; where another attempt's success was there first, that one is returned, else null. */
  async enter(record: CallRecord): Promise<RecordedCall | null> {
    const entered = await this.patiently(() => this.calls.enter(record));
    if ('earlier' in entered) return entered.earlier;
    this.log?.append(record, entered.id);
    return null;
  }

  isCanceled(completionId: string): Promise<boolean> {
    return this.calls.isCanceled(completionId);
  }

  /** Tells readers of a stream that a call ended; lost where the database is away. */
  tellEnded(record: CallRecord, of: number): void {
    const { completionId, stage, memberIndex } = record;
    this.calls.notify({ kind: 'call', completionId, stage, memberIndex, of, ok: record.outcome === 'succeeded' }).catch(() => undefined);
  }

  private patiently<Result>(attempt: () => Promise<Result>): Promise<Result> {
    return untilDatabaseAnswers(attempt, { patienceMs });
  }
}
