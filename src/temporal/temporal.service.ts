import type { OnApplicationShutdown } from '@nestjs/common';
import { Client, Connection } from '@temporalio/client';
import type { TemporalConnectOptions } from './connect-options.js';
import type { PayloadCodec } from '@temporalio/common';

/** Milliseconds for the first connection: long enough for a server that is starting. */
const connectTimeoutMs = 10_000;

/** The api's Temporal client. The connection is lazy and heals itself: a server that is away fails single requests, never the process. */
export class TemporalService implements OnApplicationShutdown {
  readonly client: Client;
  private readonly connection: Connection;

  constructor(options: { connect: TemporalConnectOptions; namespace: string; codec: PayloadCodec }) {
    this.connection = Connection.lazy({ ...options.connect, connectTimeout: connectTimeoutMs });
    this.client = new Client({
      connection: this.connection,
      namespace: options.namespace,
      dataConverter: { payloadCodecs: [options.codec] },
      identity: 'conclave-api',
    });
  }

  /** Whether the server answers within `timeoutMs`, for readiness. */
  async isReachable(timeoutMs: number): Promise<boolean> {
    try {
      await this.connection.withDeadline(Date.now() + timeoutMs, () => this.connection.workflowService.getSystemInfo({}));
      return true;
    } catch {
      return false;
    }
  }

  // Last: a call that the SDK repeats on a closed connection throws where nobody can catch it.
  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}
