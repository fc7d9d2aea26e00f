import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Writes a response piece by piece, no faster than the client reads, and knows when the client is gone. */
export class ReplyWriter {
  private readonly raw: ServerResponse;
  private started = false;
  lastWriteAt = 0;

  constructor(
    private readonly reply: FastifyReply,
    private readonly stalledClientMs: number,
  ) {
    this.raw = reply.raw;
  }

  /** Whether there is nobody left to write to. */
  get isGone(): boolean {
    return this.raw.destroyed || this.raw.closed || this.raw.writableEnded;
  }

  /** Calls `listener` once when the client goes away before the end. */
  onGone(listener: () => void): void {
    this.raw.once('close', listener);
  }

  /** Takes the response over from Fastify: status 200, the headers so far, and these, all on their way at once. */
  begin(headers: Record<string, string>): void {
    this.started = true;
    this.reply.hijack();
    for (const [name, value] of Object.entries(this.reply.getHeaders())) if (value !== undefined) this.raw.setHeader(name, value);
    this.raw.writeHead(200, headers);
    this.raw.flushHeaders();
    this.raw.socket?.setNoDelay(true);
    this.lastWriteAt = Date.now();
  }

  /** Whether status and headers are sent. */
  get hasBegun(): boolean {
    return this.started;
  }

  /** Resolves when the client can take more, or is gone. */
  async write(text: string): Promise<void> {
    if (text === '' || this.isGone) return;
    this.lastWriteAt = Date.now();
    if (!this.raw.write(text)) await this.drained();
  }

  async end(text: string): Promise<void> {
    await this.write(text);
    if (!this.isGone) this.raw.end();
  }

  private async drained(): Promise<void> {
    const abort = new AbortController();
    const onClose = (): void => {
      abort.abort();
    };
    const timer = setTimeout(() => this.raw.destroy(), this.stalledClientMs);
    this.raw.once('close', onClose);
    try {
      await once(this.raw, 'drain', { signal: abort.signal });
    } catch {
      // Gone, or taken to be.
    } finally {
      clearTimeout(timer);
      this.raw.off('close', onClose);
    }
  }
}
