/** Exit codes of commands that wait for a batch or a run. */
export const exitCodes = { done: 0, error: 1, costLimit: 2, timeOut: 3, interrupted: 130 } as const;
