/** One frame of an event stream as it came: a comment, or an event with its data, and when. */
export interface SseFrame {
  comment?: string;
  event?: string;
  id?: string;
  data?: string;
  atMs: number;
}

/** Frames of an event stream, comments included, each with the milliseconds since the epoch at which it was complete. */
export async function* sseFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<SseFrame> {
  let buffer = '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      buffer += decoder.decode(value, { stream: true });
      for (let end = buffer.indexOf('\n\n'); end !== -1; end = buffer.indexOf('\n\n')) {
        yield parseFrame(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parseFrame(text: string): SseFrame {
  const frame: SseFrame = { atMs: Date.now() };
  for (const line of text.split('\n')) {
    if (line.startsWith(':')) frame.comment = `${frame.comment ?? ''}${line.slice(1).trim()}`;
    else if (line.startsWith('event:')) frame.event = line.slice(6).trim();
    else if (line.startsWith('id:')) frame.id = line.slice(3).trim();
    else if (line.startsWith('data:')) frame.data = `${frame.data === undefined ? '' : `${frame.data}\n`}${line.slice(5).trim()}`;
  }
  return frame;
}
