/** The JSON objects of a model's reply, or why there is none. */
export type ExtractedJson = { ok: true; value: Record<string, unknown> } | { ok: false; reason: string };

/**
 * The one JSON object with the property `key` in a reply: bare, in a markdown fence, or with prose around it. Two different ones are
 * ambiguous and rejected, never chosen between. Reasoning up to a closing `</think>` is not part of the reply.
 * One pass over the text; every character is parsed at most once, so hostile input costs no more than its length.
 */
export function extractJson(reply: string, key: string): ExtractedJson {
  const text = afterThinking(reply);
  const found = [...new Set(topLevelObjects(text))].map(parseObject).filter((value) => value !== null && Object.hasOwn(value, key));
  const [first, ...others] = found;
  if (!first) return { ok: false, reason: `no JSON object with '${key}' in the reply` };
  // A reply that repeats itself word for word is still one.
  if (others.length > 0) return { ok: false, reason: `more than one JSON object with '${key}' in the reply` };
  return { ok: true, value: first };
}

function afterThinking(reply: string): string {
  const end = reply.lastIndexOf('</think>');
  return end === -1 ? reply : reply.slice(end + '</think>'.length);
}

/** The outermost balanced `{…}` of a text, in order; braces inside strings don't count. */
function topLevelObjects(text: string): string[] {
  const objects: string[] = [];
  let depth = 0;
  let start = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (depth > 0 && inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '{') {
      if (depth === 0) start = index;
      depth += 1;
    } else if (depth > 0 && character === '"') {
      inString = true;
    } else if (depth > 0 && character === '}') {
      depth -= 1;
      if (depth === 0) objects.push(text.slice(start, index + 1));
    }
  }
  return objects;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>; // starts with a brace, so what parses is an object
  } catch {
    return null;
  }
}
