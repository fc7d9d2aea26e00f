import { Agent, request, type IncomingMessage } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 500 });

/** A JSON answer and the milliseconds from the request to its last byte. */
export interface TimedAnswer {
  status: number;
  body: unknown;
  durationMs: number;
}

/** Posts JSON over a kept connection. Throws on anything but a 200, with the answer's first words. */
export async function postJson(url: string, body: unknown): Promise<TimedAnswer> {
  const startedAt = performance.now();
  const response = await send(url, body);
  const chunks: Buffer[] = [];
  // A response without an encoding set yields buffers.
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode ?? 0} ${text.slice(0, 500)}`);
  return { status: 200, body: JSON.parse(text), durationMs: performance.now() - startedAt };
}

/** Posts a streamed chat request; tells when the first content arrived (milliseconds since the epoch) and how many chunks there were. */
export async function postStream(url: string, body: unknown): Promise<{ sentAt: number; firstContentAt: number; chunks: number }> {
  const sentAt = epochMs();
  const response = await send(url, body);
  let firstContentAt = Number.NaN;
  let chunks = 0;
  let rest = '';
  for await (const chunk of response) {
    const arrivedAt = epochMs();
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: {"error"')) throw new Error(`${url}: ${line}`);
      if (!/"content":"[^"]/.test(line)) continue;
      chunks += 1;
      if (Number.isNaN(firstContentAt)) firstContentAt = arrivedAt;
    }
  }
  if (Number.isNaN(firstContentAt)) throw new Error(`${url}: ${response.statusCode ?? 0}, a stream without content: ${rest.slice(0, 300)}`);
  return { sentAt, firstContentAt, chunks };
}

/** Milliseconds since the epoch, with fractions. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

async function send(url: string, body: unknown): Promise<IncomingMessage> {
  const payload = Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json', 'content-length': payload.length } }, resolve);
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
