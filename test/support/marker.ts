import { randomBytes } from 'node:crypto';

/** A word that no other test says. Put into a question it tells this test's requests at the simulated provider from those of specs running beside it. */
export function marker(): string {
  return `mark-${randomBytes(6).toString('hex')}`;
}
