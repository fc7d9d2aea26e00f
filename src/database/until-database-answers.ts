import { setTimeout as wait } from 'node:timers/promises';

const firstPauseMs = 50;
const longestPauseMs = 2_000;

/** What a refused password is called. */
const passwordRefused = '28P01';
/** SQLSTATE classes and Node's codes that mean "the database is away", not "the statement is wrong". */
const awayCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EAI_AGAIN', '57P01', '57P02', '57P03', '58030', '25006', passwordRefused]);
/** Lost connections; a full disk, no memory, too many connections: what is missing may be there again in a while, and an answer that waits for it was paid. */
const awayClasses = ['08', '53'];
const awayMessages = /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|server closed the connection|Query read timeout/i;

/**
 * Whether an error of `pg` means that the database is away and the same statement may work later. A server that refuses our password is another home's, which took the port of ours
 * while it is being started again.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (awayCodes.has(code) || awayClasses.some((one) => code.startsWith(one))) return true;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  return awayMessages.test(error.message);
}

/** Whether the database refuses the password: at the start that is a wrong setting, and waiting does not help. */
export function isPasswordRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === passwordRefused;
}

/**
 * Runs `attempt` again and again while the database is away, with growing pauses up to 2 s. Every other error, and the last one
 * after `patienceMs`, is thrown. `attempt` must be safe to repeat: a lost answer may hide a commit.
 */
export async function untilDatabaseAnswers<Result>(attempt: () => Promise<Result>, limits: { patienceMs: number; onAway?: () => void }): Promise<Result> {
  const giveUpAt = Date.now() + limits.patienceMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isDatabaseAway(error) || Date.now() + pauseMs > giveUpAt) throw error;
      limits.onAway?.();
      await wait(pauseMs);
    }
  }
}
