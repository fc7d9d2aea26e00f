const levels: Record<number, string> = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };
const dull = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'name', 'v', 'context', 'stack']);

/**
 * A process's line as a person reads it: pino's JSON becomes `LEVEL context: message key=value`, with the error's message in front of what else it holds; anything else stays.
 * @example formatLogLine('{"level":30,"time":1,"msg":"listening","port":8000}') // 'INFO listening port=8000'
 */
export function formatLogLine(line: string): string {
  const record = jsonRecord(line);
  if (!record || typeof record['level'] !== 'number') return line;
  const level = levels[record['level']] ?? String(record['level']);
  const context = typeof record['context'] === 'string' ? `${record['context']}: ` : '';
  const message = typeof record['msg'] === 'string' ? record['msg'] : '';
  const rest = Object.entries(record).flatMap(([key, value]) => (dull.has(key) || value === undefined ? [] : [`${key}=${brief(value)}`]));
  return [level, `${context}${message}`, ...rest].filter((part) => part !== '').join(' ');
}

function brief(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
  if (value !== null && typeof value === 'object' && 'message' in value && typeof value.message === 'string') return JSON.stringify(value.message);
  return JSON.stringify(value);
}

function jsonRecord(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    // A line that begins with a brace and parses is an object.
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** What PostgreSQL tells each client while it goes and comes back; the supervisor says it once. */
const aboutItsOwnEnd = /the database system is (starting up|shutting down|not yet accepting|in recovery)|terminating connection due to|canceling .* due to/;

/** Whether a line of an engine is worth a person's attention: PostgreSQL's and Temporal's ordinary talk is not. */
export function isEngineNoise(engine: 'postgres' | 'temporal', line: string): boolean {
  if (engine === 'postgres') return !/^\S*\s*(WARNING|ERROR|FATAL|PANIC):/.test(line) || aboutItsOwnEnd.test(line);
  return !/level=(ERROR|FATAL)|^Error|panic:/i.test(line);
}
