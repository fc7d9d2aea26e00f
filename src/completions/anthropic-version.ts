import { badRequest } from '../http/api-error.js';

const oldest = '2023-06-01';

/** Throws a 400 unless the header is missing or a date from 2023-06-01 on: clients send whatever version they were made for, and all of those read our answers. */
export function checkAnthropicVersion(version: string | string[] | undefined): void {
  if (version === undefined) return;
  if (typeof version === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= oldest) return;
  throw badRequest('anthropic-version', `The header 'anthropic-version' is '${String(version).slice(0, 40)}': send a date from ${oldest} on, such as ${oldest}.`);
}
