import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import pg from 'pg';
import { completionChannel, type CompletionNotification } from '../../domain/chat/completion-notification.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { CompletionFeed } from './completion-feed.js';
import { CompletionsStore } from './completions.store.js';

/** Milliseconds between looks at the rows of all waiting completions: what a lost notification costs at most. */
const pollMs = 1_000;
const firstReconnectMs = 100;
const longestReconnectMs = 2_000;

/**
 * Brings notifications of completions to the requests that wait for them: one dedicated connection listens for all, and reconnects by
 * itself. Notifications are hints; a poll of the rows finds what was lost.
 */
@Injectable()
export class CompletionWaiter implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Completions');
  private readonly feeds = new Map<string, Set<CompletionFeed>>();
  private client: pg.Client | null = null;
  private reconnectMs = firstReconnectMs;
  private timers = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly store: CompletionsStore,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.listen();
    this.later(() => this.poll(), pollMs);
  }

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.toAll({ kind: 'shutdown' });
    await this.client?.end().catch(() => undefined);
  }

  /** Everything that happens to the completion from now on. Close it when nobody reads any more. */
  follow(completionId: string): CompletionFeed {
    const feed = new CompletionFeed(completionId, (closing) => {
      this.forget(closing);
    });
    const feeds = this.feeds.get(completionId);
    if (feeds) feeds.add(feed);
    else this.feeds.set(completionId, new Set([feed]));
    if (this.closed) feed.push({ kind: 'shutdown' });
    return feed;
  }

  private forget(feed: CompletionFeed): void {
    const feeds = this.feeds.get(feed.completionId);
    feeds?.delete(feed);
    if (feeds?.size === 0) this.feeds.delete(feed.completionId);
  }

  private async listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.config.environment.DATABASE_URL, application_name: 'conclave-listener', keepAlive: true, connectionTimeoutMillis: 5_000 });
    let over = false;
    const onOver = (error?: Error): void => {
      if (over || this.closed) return;
      over = true;
      this.client = null;
      client.end().catch(() => undefined);
      this.logger.warn(`The connection that listens for finished completions was lost${error ? ` (${error.message})` : ''}; polling until it is back.`);
      this.later(() => this.listen(), this.reconnectMs);
      this.reconnectMs = Math.min(this.reconnectMs * 2, longestReconnectMs);
    };
    client.on('error', onOver);
    client.on('end', () => {
      onOver();
    });
    client.on('notification', (notification) => {
      if (notification.payload !== undefined) this.dispatch(notification.payload);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${completionChannel}`);
      this.client = client;
      this.reconnectMs = firstReconnectMs;
      this.toAll({ kind: 'resync' });
    } catch (error) {
      onOver(error instanceof Error ? error : undefined);
    }
  }

  private dispatch(payload: string): void {
    // Our own workers write them; the type is the contract.
    const notification = JSON.parse(payload) as CompletionNotification;
    const feeds = this.feeds.get(notification.completionId);
    if (feeds) for (const feed of feeds) feed.push(notification);
  }

  private async poll(): Promise<void> {
    const ids = [...this.feeds.keys()];
    try {
      const finished = ids.length === 0 ? [] : await this.store.finishedAmong(ids);
      for (const id of finished) for (const feed of this.feeds.get(id) ?? []) feed.push({ kind: 'done' });
    } catch {
      // The database is away; the next look finds out.
    }
    this.later(() => this.poll(), pollMs);
  }

  private toAll(event: { kind: 'resync' } | { kind: 'shutdown' }): void {
    for (const feeds of this.feeds.values()) for (const feed of feeds) feed.push(event);
  }

  private later(task: () => Promise<void>, delayMs: number): void {
    if (this.closed) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void task();
    }, delayMs);
    this.timers.add(timer);
  }
}
