import pg from 'pg';

const firstReconnectMs = 100;
const longestReconnectMs = 5_000;

/**
 * One connection that listens on a Postgres channel and reconnects by itself. `onHint` is called with each notification, and once after every (re)connect, as notifications
 * may have been lost; `onLost` when the connection is gone.
 */
export class ChannelListener {
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private reconnectMs = firstReconnectMs;
  private isClosed = false;

  constructor(private readonly options: { databaseUrl: string; channel: string; onHint: () => void; onLost: (error: Error | undefined) => void }) {}

  /** Settles when it listens, or when the first attempt failed and the next one is due. */
  async start(): Promise<void> {
    const client = new pg.Client({ connectionString: this.options.databaseUrl, application_name: `conclave-listener ${this.options.channel}`, keepAlive: true, connectionTimeoutMillis: 5_000 });
    let isOver = false;
    const onOver = (error?: Error): void => {
      if (isOver || this.isClosed) return;
      isOver = true;
      this.client = null;
      client.end().catch(() => undefined);
      this.options.onLost(error);
      this.timer = setTimeout(() => void this.start(), this.reconnectMs).unref();
      this.reconnectMs = Math.min(this.reconnectMs * 2, longestReconnectMs);
    };
    client.on('error', onOver);
    client.on('end', () => {
      onOver();
    });
    client.on('notification', this.options.onHint);
    this.client = client;
    try {
      await client.connect();
      await client.query(`LISTEN ${pg.escapeIdentifier(this.options.channel)}`);
      this.reconnectMs = firstReconnectMs;
      this.options.onHint();
    } catch (error) {
      onOver(error instanceof Error ? error : undefined);
    }
  }

  async stop(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }
}
