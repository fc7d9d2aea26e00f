const base64DataUrl = /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+)(?:;[a-z0-9-]+=[^;,]*)*;base64,/i;

/** The media type and base64 data of a data URL; null where it is none, or not base64. */
export function parseDataUrl(url: string): { data: string; mediaType: string } | null {
  // Only the head is matched: the data may have megabytes.
  const head = base64DataUrl.exec(url.slice(0, 512));
  if (!head) return null;
  return { data: url.slice(head[0].length), mediaType: (head[1] ?? '').toLowerCase() };
}
