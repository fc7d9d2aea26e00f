import type { OnApplicationShutdown } from '@nestjs/common';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { unavailable } from '../http/api-error.js';
import type { TemporalConnectOptions } from './connect-options.js';
import { isEngineAway } from './is-engine-away.js';

/** Milliseconds for the first connection: long enough for a server that is starting. */
const connectTimeoutMs = 10_000;
/** One call may take this long. */
const callMs = 4_000;

/** The api's Temporal client. The connection is lazy and heals itself: a server that is away fails single requests, never the process. */
export class TemporalService implements OnApplicationShutdown {
  readonly client: Client;
  private readonly connection: Connection;

  constructor(private readonly options: { connect: TemporalConnectOptions; namespace: string; codec: PayloadCodec }) {
    this.connection = Connection.lazy({ ...options.connect, connectTimeout: connectTimeoutMs });
    this.client = new Client({
      connection: this.connection,
      namespace: options.namespace,
      dataConverter: { payloadCodecs: [options.codec] },
      identity: 'conclave-api',
    });
  }

  /** Whether the server answers within `timeoutMs` and has our namespace, for readiness. */
  async isReachable(timeoutMs: number): Promise<boolean> {
    try {
      await this.connection.withDeadline(Date.now() + timeoutMs, () => this.connection.workflowService.describeNamespace({ namespace: this.options.namespace }));
      return true;
    } catch {
      return false;
    }
  }

  /** What a call of the client gives within `ms`. Throws what the client throws. */
  within<Result>(call: () => Promise<Result>, ms = callMs): Promise<Result> {
    return this.client.withDeadline(Date.now() + ms, call);
  }

  /** As `within`, with a 503 where Temporal is away. */
  async orUnavailable<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await this.within(call);
    } catch (error) {
      if (!isEngineAway(error)) throw error;
      throw unavailable('The workflow engine is away. Try again in a moment.', { retryAfterMs: 2_000, cause: error });
    }
  }

  /** Sends a signal; false where no workflow runs that could take it. Throws a 503 where Temporal is away. */
  async signal(workflowId: string, name: string, ...args: unknown[]): Promise<boolean> {
    try {
      await this.orUnavailable(() => this.client.workflow.getHandle(workflowId).signal(name, ...args));
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  }

  /** The state of a workflow, as Temporal names it; null: there is none. Throws what the client throws where Temporal is away. */
  async status(workflowId: string): Promise<string | null> {
    try {
      const { status } = await this.within(() => this.client.workflow.getHandle(workflowId).describe());
      return status.name;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }

  // Last: a call that the SDK repeats on a closed connection throws where nobody can catch it.
  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}
