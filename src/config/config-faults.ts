import type { z } from 'zod';
import { environmentSchema } from './env.schema.js';
import { shownValue } from './redact.js';

/** One line per fault of the environment: variable, value, reason, meaning of the variable, way out. */
export function environmentFaults(error: z.ZodError, source: Record<string, string | undefined>): string[] {
  return error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const meaning = name in environmentSchema.shape ? environmentSchema.shape[name as keyof typeof environmentSchema.shape].description : undefined;
    return `${name} is ${shownValue(name, source[name])}: ${plain(issue.message)}.${meaning ? ` (${meaning}.)` : ''} Correct or remove it in the environment or in .env.`;
  });
}

/** One line per fault of `conclave.yaml`: file, key, value, reason. */
export function fileFaults(error: z.ZodError, document: unknown, path: string): string[] {
  return error.issues.flatMap((issue) => unwrap(issue)).map((issue) => {
    const key = issue.path.map(String).join('.');
    const value = valueAt(document, issue.path);
    const shown = issue.code === 'unrecognized_keys' || (typeof value === 'object' && value !== null) ? '' : ` is ${shownValue(key, value)}`;
    return `${path}: ${key === '' ? 'the file' : key}${shown}: ${plain(issue.message)}. conclave.example.yaml explains every key.`;
  });
}

// A union's own message says nothing; the branch that failed deepest is the one that was meant.
function unwrap(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const depth = (issues: z.core.$ZodIssue[]): number => Math.max(0, ...issues.map((inner) => inner.path.length + (inner.code === 'unrecognized_keys' ? 1 : 0)));
  const best = issue.errors.reduce((left, right) => (depth(right) > depth(left) ? right : left));
  if (depth(best) === 0) return [issue];
  return best.flatMap((inner) => unwrap({ ...inner, path: [...issue.path, ...inner.path] }));
}

function plain(message: string): string {
  return message.replace(/^Invalid input: /, '').replace(/\.$/, '');
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined), document);
}
