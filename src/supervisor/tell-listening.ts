/** What a process tells the supervisor that started it once its port is its own. */
export const listeningMessage = 'listening';

/** Tells the supervisor that this process listens; without one nobody is told. */
export function tellListening(): void {
  // A supervisor that is gone by now needs no word.
  process.send?.(listeningMessage, undefined, undefined, () => undefined);
}
