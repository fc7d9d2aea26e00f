import { createInterface } from 'node:readline/promises';

/** Whether the person at the terminal says yes; without a terminal an error with `otherwise`, which names the way out. */
export async function isConfirmed(question: string, otherwise: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new Error(otherwise);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
