import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { hashApiKey } from './api-key.js';
import type { Caller } from './caller.js';
import { KeysStore } from './keys.store.js';

const validForMs = 5_000;
const unknownForMs = 1_000;

/** Who a key belongs to, from memory for a few seconds: a revoked or new key is noticed within them, and the hot path asks no database. */
@Injectable()
export class KeysService implements OnModuleInit {
  private readonly logger = new Logger('Keys');
  readonly store: KeysStore;
  private readonly callers = new LRUCache<string, { caller: Caller | null }>({
    max: 10_000,
    fetchMethod: async (hash, _stale, { options }) => {
      const row = await this.store.findValid(hash);
      options.ttl = row ? validForMs : unknownForMs;
      return { caller: row && { id: row.id, requestsPerMinute: row.requestsPerMinute ?? this.defaultLimit } };
    },
    ttl: validForMs,
    // Keys known a moment ago stay valid while the database restarts; new ones wait for it.
    allowStaleOnFetchRejection: true,
  });
  private readonly existence = new LRUCache<'any', { exist: boolean }>({
    max: 1,
    ttl: unknownForMs,
    fetchMethod: async () => ({ exist: await this.store.exist() }),
    allowStaleOnFetchRejection: true,
  });
  private everExisted = false;
  private readonly defaultLimit: number | null;

  constructor(
    dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.store = new KeysStore(dataSource);
    this.defaultLimit = config.file.limits.requests_per_minute ?? null;
  }

  /** Creates the bootstrap key where no key exists. */
  async onModuleInit(): Promise<void> {
    const key = this.config.environment.CONCLAVE_BOOTSTRAP_KEY;
    if (key === undefined || (await this.store.exist())) return;
    const { row } = await this.store.create({ name: 'bootstrap', requestsPerMinute: null, key });
    this.logger.log(`Created the first API key from CONCLAVE_BOOTSTRAP_KEY: ${row.id} (${row.prefix}…).`);
    if (key.length < 20) this.logger.warn('CONCLAVE_BOOTSTRAP_KEY has fewer than 20 characters. Use a random one: "openssl rand -hex 32".');
  }

  /** Whether any key was ever created; until then the service is open on loopback. */
  async exist(): Promise<boolean> {
    // Keys are never deleted, so a yes stays one.
    this.everExisted ||= (await this.existence.forceFetch('any')).exist;
    return this.everExisted;
  }

  /** The caller a key belongs to; null: unknown or revoked. */
  async authenticate(key: string): Promise<Caller | null> {
    return (await this.callers.forceFetch(hashApiKey(key))).caller;
  }
}
