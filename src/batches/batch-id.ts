import { randomBytes } from 'node:crypto';

/** A new batch's id, 96 random bits. */
export function createBatchId(): string {
  return `batch_${randomBytes(12).toString('hex')}`;
}
