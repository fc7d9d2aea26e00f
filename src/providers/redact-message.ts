const keyLike = /\b(?:sk|pk|rk|gsk|csk|cpk|xai|fw)[-_][A-Za-z0-9_\-*.]{6,}|\bBearer\s+\S{6,}|\bAIza[A-Za-z0-9_-]{10,}|\bAKIA[A-Z0-9]{12,}|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]+|\b[A-Za-z0-9_-]{40,}\b/g;
const shortest = 16;

/**
 * A provider's message as it may be stored and shown: one line, at most 300 characters, keys and anything key-like replaced, and every piece of
 * the conversation from 16 characters on replaced, because providers like to quote what they reject.
 */
export function redactMessage(message: string, secrets: readonly string[], texts: readonly string[]): string {
  let redacted = message.slice(0, 2_000).replace(/\s+/g, ' ').trim();
  for (const secret of secrets) if (secret.length > 0) redacted = redacted.split(secret).join('[redacted]');
  redacted = withoutQuotes(redacted.replace(keyLike, '[redacted]').slice(0, 600), texts);
  // A cut may fall between the halves of an emoji.
  return (redacted.length > 300 ? `${redacted.slice(0, 299)}…` : redacted).toWellFormed();
}

function withoutQuotes(message: string, texts: readonly string[]): string {
  const spoken = texts.map((text) => text.slice(0, 200_000).replace(/\s+/g, ' ')).join('\u0000');
  for (const text of texts) if (text.length >= 6 && text.length < shortest) message = message.split(text).join('[…]');
  let result = '';
  for (let start = 0; start < message.length; ) {
    let end = start + shortest;
    if (end > message.length || !spoken.includes(message.slice(start, end))) {
      result += message[start] ?? '';
      start += 1;
      continue;
    }
    while (end < message.length && spoken.includes(message.slice(start, end + 1))) end += 1;
    result += '[…]';
    start = end;
  }
  return result;
}
