/** Path that every line of a batch names. */
export const batchEndpoint = '/v1/chat/completions';
const longestCustomId = 256;

/** A line of a batch's input, taken apart; `path` is what its body's fields are called from the line, such as `body.`. */
export interface BatchLine {
  customId: string;
  body: Record<string, unknown>;
  path: string;
}

/** Why a line can't be taken: `param` is the field at fault. */
export interface LineFault {
  code: string;
  message: string;
  param: string | null;
}
export type ParsedLine = { ok: true; line: BatchLine } | { ok: false; customId: string | null; fault: LineFault };

/**
 * Takes a line apart. `strict`: OpenAI's form `{custom_id, method, url, body}` and nothing else; otherwise a line without `body` is an item as `POST /api/batches` takes it,
 * `{custom_id?, prompt? | messages?, model?, …}`, and gets `item-<line>` where it names no id.
 */
export function parseBatchLine(value: unknown, number: number, strict: boolean): ParsedLine {
  if (!isObject(value)) return fault(null, null, `The line is ${kindOf(value)}: write one JSON object a line.`);
  const customId = customIdOf(value.custom_id, strict ? null : `item-${String(number)}`);
  if (!customId.ok) return fault(null, 'custom_id', customId.message);
  const id = customId.value;
  if (!strict && value.body === undefined) return itemLine(value, id);
  if (value.method !== undefined ? value.method !== 'POST' : strict) return fault(id, 'method', `'method' is ${shown(value.method)}: write "POST".`);
  if (value.url !== undefined ? value.url !== batchEndpoint : strict) return fault(id, 'url', `'url' is ${shown(value.url)}: only "${batchEndpoint}" is possible.`, 'invalid_url');
  if (!isObject(value.body)) return fault(id, 'body', `'body' is ${kindOf(value.body)}: write the chat completion's request there.`);
  return { ok: true, line: { customId: id, body: value.body, path: 'body.' } };
}

/** An inline item as the line of a file: in OpenAI's form, or as it is where something is wrong with it, which the reading of the line tells. */
export function lineOfItem(item: Record<string, unknown>, index: number): string {
  const { custom_id: customId, prompt, ...body } = item;
  if (item.body !== undefined || (prompt !== undefined && (typeof prompt !== 'string' || body.messages !== undefined))) return `${JSON.stringify(item)}\n`;
  const messages = prompt === undefined ? {} : { messages: [{ role: 'user', content: prompt }] };
  return `${JSON.stringify({ custom_id: customId ?? `item-${String(index + 1)}`, method: 'POST', url: batchEndpoint, body: { ...body, ...messages } })}\n`;
}

function itemLine(value: Record<string, unknown>, customId: string): ParsedLine {
  const { custom_id: _, prompt, method: _method, url: _url, ...body } = value;
  if (prompt === undefined) return { ok: true, line: { customId, body, path: '' } };
  if (typeof prompt !== 'string') return fault(customId, 'prompt', `'prompt' is ${kindOf(prompt)}: write a text, or use 'messages'.`);
  if (body.messages !== undefined) return fault(customId, 'prompt', "'prompt' and 'messages' are both given: leave one of them out.");
  return { ok: true, line: { customId, body: { ...body, messages: [{ role: 'user', content: prompt }] }, path: '' } };
}

function customIdOf(value: unknown, otherwise: string | null): { ok: true; value: string } | { ok: false; message: string } {
  if (value === undefined || value === null) return otherwise === null ? { ok: false, message: "'custom_id' is missing: give every line an id of its own." } : { ok: true, value: otherwise };
  if (typeof value !== 'string' || value === '') return { ok: false, message: `'custom_id' is ${value === '' ? 'empty' : kindOf(value)}: write a text of 1 to ${String(longestCustomId)} characters.` };
  if (value.length > longestCustomId) return { ok: false, message: `'custom_id' has ${String(value.length)} characters; at most ${String(longestCustomId)} are possible.` };
  if (value.includes('\0') || !value.isWellFormed()) return { ok: false, message: "'custom_id' holds a character that can't be stored (U+0000 or half a surrogate pair). Remove it." };
  return { ok: true, value };
}

function fault(customId: string | null, param: string | null, message: string, code = 'invalid_value'): ParsedLine {
  return { ok: false, customId, fault: { code, message, param } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 60)}'` : kindOf(value);
}
