import { ChannelListener } from '../database/channel-listener.js';
import type { ModelsService } from './models.service.js';
import { registryChannel } from './registry-channel.js';
import type { RegistryStore } from './registry.store.js';

/** What a lost notification costs at most. */
const pollMs = 30_000;

/** Keeps a `ModelsService` equal to the database: reads it at start, on each notification, and now and then. While the database is away, what was read last holds. */
export class RegistryWatch {
  private readonly listener: ChannelListener;
  private reading: Promise<void> | null = null;
  private isStale = false;
  private timer: NodeJS.Timeout | null = null;
  private isClosed = false;

  constructor(
    private readonly parts: { models: ModelsService; store: RegistryStore; databaseUrl: string; warn: (message: string) => void },
  ) {
    this.listener = new ChannelListener({ databaseUrl: parts.databaseUrl, channel: registryChannel, onHint: () => void this.refresh(), onLost: () => undefined });
  }

  /** Nest's hook; settles when prices and overrides are known, or when they can't be read: then models.yaml alone holds until they can. */
  async onModuleInit(): Promise<void> {
    await this.refresh();
    await this.listener.start();
    this.timer = setInterval(() => void this.refresh(), pollMs).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) clearInterval(this.timer);
    await this.listener.stop();
    await this.reading;
  }

  /** Settles when everything written before this call is known. */
  async refresh(): Promise<void> {
    if (this.isClosed) return;
    // What is being read may have been read before the change that this call is about.
    this.isStale = true;
    this.reading ??= this.readUntilFresh();
    await this.reading;
  }

  private async readUntilFresh(): Promise<void> {
    try {
      while (this.isStale) {
        this.isStale = false;
        this.parts.models.replace(await this.parts.store.records());
      }
    } catch (error) {
      this.parts.warn(`Prices and overrides can't be read, those known so far stay in force: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.reading = null;
    }
  }
}
