import { createInterface } from 'node:readline/promises';

/** Whether the person at the terminal says yes; without a terminal an error with `otherwise`, which names the way out. */
export async function isConfirmed(question: string, otherwise: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new Error(otherwise);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D close it, and its question would wait for ever.
    const answer = await Promise.race([terminal.question(`${question} [y/N] `), new Promise<string>((resolve) => terminal.once('close', () => { resolve(''); }))]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
