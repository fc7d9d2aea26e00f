/** What of an error a log line shows. */
export interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  code?: string | number;
  /** Of the errors beneath, the nearest first: their class and code, no texts. */
  causes?: string[];
}

const mostCauses = 5;

/**
 * An error as a log line may show it: what it says of itself, and where. Everything else that hangs on it stays out, because that is where the secrets are: a
 * failed query carries its parameters (prompts), a failed call its request and the provider's headers.
 */
export function errorForLog(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = codeOf(error);
  const causes = causesOf(error);
  const logged: LoggedError = { type: error.constructor.name, message: error.message };
  return { ...logged, ...(error.stack !== undefined && { stack: error.stack }), ...(code !== null && { code }), ...(causes.length > 0 && { causes }) };
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < mostCauses; cause = cause.cause) {
    const code = codeOf(cause);
    causes.push(code === null ? cause.constructor.name : `${cause.constructor.name} (${String(code)})`);
  }
  return causes;
}

function codeOf(error: Error): string | number | null {
  return 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? error.code : null;
}
