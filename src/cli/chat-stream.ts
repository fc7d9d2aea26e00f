import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import type { Server } from './find-server.js';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What the stream says beside the text. */
export interface ChatSummary {
  text: string;
  completionId: string | null;
  calls: number | null;
  costUsd: number | null;
  isSimulated: boolean;
  isDegraded: boolean;
}

const chunkSchema = z.object({
  id: z.string().nullish(),
  error: z.object({ message: z.string() }).nullish(),
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).nullish() })).nullish(),
  conclave: z
    .object({ completion_id: z.string().nullish(), calls: z.number().nullish(), cost_usd: z.number().nullish(), simulated: z.boolean().nullish(), degraded: z.boolean().nullish() })
    .nullish(),
});

/** Asks with streaming; `onText` gets the answer piece by piece, `onStage` the comments on progress. Throws the server's own message on an error. */
export async function streamChat(server: Server, request: { model: string; messages: ChatMessage[] }, on: { text: (piece: string) => void; stage: (note: string) => void }): Promise<ChatSummary> {
  const response = await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', headers: server.headers, body: JSON.stringify({ ...request, stream: true }) });
  if (!response.ok || !response.body) throw new Error(await errorText(response));
  const summary: ChatSummary = { text: '', completionId: response.headers.get('x-conclave-completion-id'), calls: null, costUsd: null, isSimulated: false, isDegraded: false };
  const failures: string[] = [];
  const parser = createParser({
    onComment: on.stage,
    onEvent: ({ data }) => {
      if (data === '[DONE]') return;
      const chunk = chunkSchema.parse(JSON.parse(data));
      if (chunk.error) failures.push(chunk.error.message);
      const piece = chunk.choices?.[0]?.delta?.content ?? '';
      summary.text += piece;
      if (piece !== '') on.text(piece);
      if (!chunk.conclave) return;
      summary.completionId = chunk.conclave.completion_id ?? summary.completionId;
      summary.calls = chunk.conclave.calls ?? summary.calls;
      summary.costUsd = chunk.conclave.cost_usd ?? summary.costUsd;
      summary.isSimulated = chunk.conclave.simulated ?? summary.isSimulated;
      summary.isDegraded = chunk.conclave.degraded ?? summary.isDegraded;
    },
  });
  const decoder = new TextDecoder();
  // Node's fetch streams bytes; its type leaves the chunk open.
  for await (const bytes of response.body as AsyncIterable<Uint8Array>) parser.feed(decoder.decode(bytes, { stream: true }));
  if (failures[0] !== undefined) throw new Error(failures[0]);
  return summary;
}

/** The message of an error answer, in whichever shape. */
export async function errorText(response: Response): Promise<string> {
  const body = await response.text();
  const parsed = z.object({ error: z.object({ message: z.string() }).optional(), detail: z.string().optional(), title: z.string().optional() }).safeParse(parseJson(body));
  const message = parsed.success ? (parsed.data.error?.message ?? parsed.data.detail ?? parsed.data.title) : undefined;
  return message ?? `HTTP ${String(response.status)}: ${body.slice(0, 500)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
