import { randomBytes } from 'node:crypto';

/** A new completion's id, 128 random bits: `trio-…` for the model `trio`, `msg_…` for Anthropic's endpoint, else `chatcmpl-…`. */
export function createCompletionId(endpoint: 'openai' | 'anthropic', model: string): string {
  const prefix = endpoint === 'anthropic' ? 'msg_' : model === 'trio' ? 'trio-' : 'chatcmpl-';
  return prefix + randomBytes(16).toString('hex');
}

/** Whether a text can be the id of a completion; anything else is not worth a look into the database. */
export function isCompletionId(text: string): boolean {
  return /^(chatcmpl-|trio-|msg_)[A-Za-z0-9]{16,64}$/.test(text);
}
