import pg from 'pg';
import { admission, afterEvent, healthy } from '../../domain/limits/provider-health.js';
import type { Admission, HealthEvent, HealthPolicy, ProviderHealth } from '../../domain/limits/provider-health.js';
import type { Insurance } from './insurance.js';
import { healthChannel } from './provider-limits.store.js';
import type { ProviderLimitsStore, StoredHealth } from './provider-limits.store.js';

const reconnectMs = 1_000;
/** Workers that claim the same turn at the same moment: whoever lost so often tries again a moment later. */
const writeAttempts = 5;

type Known = Pick<StoredHealth, 'health' | 'version'>;

/**
 * How providers answer, known to all workers: a copy in memory, written through to a row per provider and refreshed by its notifications. While Postgres is away each process
 * knows what it saw itself.
 */
export class SharedHealth {
  private readonly known = new Map<string, Known>();
  /** What this process saw and is about to write, in order; it counts here at once. */
  private readonly unwritten = new Map<string, HealthEvent[]>();
  private readonly writing = new Map<string, Promise<boolean>>();
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  /** `changed` is called when another worker's news about a provider came in. */
  constructor(
    private readonly parts: { databaseUrl: string; store: ProviderLimitsStore; insurance: Insurance; policy: HealthPolicy; changed(provider: string): void },
  ) {}

  /** Begins to listen; without it the first failure of one's own tells. Resolves when it listens or at the first failure to. */
  start(): Promise<void> {
    return this.listen();
  }

  /** From memory. */
  of(provider: string): ProviderHealth {
    const known = this.known.get(provider)?.health ?? healthy;
    const unwritten = this.unwritten.get(provider);
    return unwritten === undefined ? known : unwritten.reduce((health, event) => afterEvent(health, event, this.parts.policy), known);
  }

  /** Whether a call may be made now; from memory. */
  admission(provider: string, at: number): Admission {
    const health = this.of(provider);
    return health === healthy ? { to: 'go' } : admission(health, this.parts.policy, at);
  }

  /** Tells all workers how a call ended. Costs nothing where it says nothing new. */
  tell(provider: string, event: HealthEvent): void {
    const health = this.of(provider);
    if (afterEvent(health, event, this.parts.policy) === health) return;
    const unwritten = this.unwritten.get(provider) ?? [];
    this.unwritten.set(provider, [...unwritten, event]);
    void this.enqueue(provider, event);
  }

  /** Claims a turn or the probe among all workers; whether it was won. */
  claim(provider: string, event: Extract<HealthEvent, { type: 'turn' | 'probe' }>): Promise<boolean> {
    return this.enqueue(provider, event);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await Promise.all(this.writing.values());
    await this.client?.end().catch(() => undefined);
  }

  // One statement at a time for each provider, so that this process does not compete with itself. Never rejects.
  private enqueue(provider: string, event: HealthEvent): Promise<boolean> {
    const turn = (this.writing.get(provider) ?? Promise.resolve(false)).then(() => this.write(provider, event));
    this.writing.set(provider, turn);
    return turn.finally(() => {
      if (this.writing.get(provider) === turn) this.writing.delete(provider);
    });
  }

  private async write(provider: string, event: HealthEvent): Promise<boolean> {
    const { store, insurance, policy } = this.parts;
    for (let attempt = 0; attempt < writeAttempts; attempt += 1) {
      const { health, version } = this.known.get(provider) ?? { health: healthy, version: 0 };
      const next = afterEvent(health, event, policy);
      if (next === health) break;
      const written = await insurance.run<number | null | 'alone'>(
        () => store.writeHealth({ provider, health: next, version }),
        () => 'alone',
      );
      if (written !== null) {
        this.forget(provider, event);
        this.learn(provider, { health: next, version: written === 'alone' ? version : written });
        return true;
      }
      const current = await insurance.run<Known | null>(
        () => store.health(provider),
        () => null,
      );
      this.known.set(provider, current ?? { health: healthy, version: 0 });
    }
    this.forget(provider, event);
    return false;
  }

  private forget(provider: string, event: HealthEvent): void {
    const left = this.unwritten.get(provider)?.filter((other) => other !== event) ?? [];
    if (left.length === 0) this.unwritten.delete(provider);
    else this.unwritten.set(provider, left);
  }

  private learn(provider: string, { health, version }: Known): void {
    if (version >= (this.known.get(provider)?.version ?? 0)) this.known.set(provider, { health, version });
  }

  private async listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.parts.databaseUrl, application_name: 'conclave worker limits', keepAlive: true, connectionTimeoutMillis: 5_000 });
    let over = false;
    const onOver = (): void => {
      if (over || this.closed) return;
      over = true;
      this.client = null;
      client.end().catch(() => undefined);
      this.timer = setTimeout(() => void this.listen(), reconnectMs).unref();
    };
    client.on('error', onOver);
    client.on('end', onOver);
    client.on('notification', ({ payload }) => {
      // Our own workers write them; the type is the contract.
      if (payload !== undefined) this.hear(JSON.parse(payload) as StoredHealth);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${healthChannel}`);
      this.client = client;
      await this.readAll();
    } catch {
      onOver();
    }
  }

  private hear(news: StoredHealth): void {
    if (news.version <= (this.known.get(news.provider)?.version ?? 0)) return;
    this.learn(news.provider, news);
    this.parts.changed(news.provider);
  }

  // What was missed; after a crash of Postgres versions begin anew, so what is known gives way.
  private async readAll(): Promise<void> {
    const rows = await this.parts.store.allHealth();
    this.known.clear();
    for (const row of rows) {
      this.known.set(row.provider, { health: row.health, version: row.version });
      this.parts.changed(row.provider);
    }
  }
}
