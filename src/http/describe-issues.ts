import type { ApiErrorFacts } from './api-error.js';
import type { SchemaIssue } from './validation-failure.js';

const shownIssues = 3;
const shownCharacters = 60;

interface Fault {
  path: PropertyKey[];
  message: string;
  unrecognized: boolean;
}

/** A 400 that names the field, the value it has and what is expected there; `received` is what the schema looked at. At most three faults are told. */
export function describeIssues(issues: readonly SchemaIssue[], received: unknown): ApiErrorFacts {
  const faults = issues.flatMap((issue) => faultsOf(issue, []));
  const first = faults[0];
  const more = faults.length - shownIssues;
  const message = faults.slice(0, shownIssues).map((fault) => sentence(fault, received)).join(' ') + (more > 0 ? ` And ${String(more)} more.` : '');
  const param = first === undefined ? '' : pathText(first.path);
  return { status: 400, code: 'invalid_value', message: message === '' ? 'The request does not fit its schema.' : message, ...(param === '' ? {} : { param }) };
}

// A union's own message says nothing; the branch that got furthest is the one that was meant.
function faultsOf(issue: SchemaIssue, prefix: PropertyKey[]): Fault[] {
  const path = [...prefix, ...(issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))];
  const branches = branchesOf(issue);
  if (branches.length > 0) {
    const best = branches.reduce((left, right) => (depth(right) > depth(left) ? right : left));
    if (depth(best) > 0) return best.flatMap((inner) => faultsOf(inner, path));
    const expected = [...new Set(branches.flatMap((branch) => branch.map((inner) => plain(inner.message))))];
    return [{ path, message: expected.join(', or '), unrecognized: false }];
  }
  const unknown = unrecognizedKeys(issue);
  if (unknown.length > 0) return unknown.map((key) => ({ path: [...path, key], message: '', unrecognized: true }));
  return [{ path, message: plain(issue.message), unrecognized: false }];
}

// zod's issues carry more than the standard shape: `code`, and the branches of a union.
function branchesOf(issue: SchemaIssue): SchemaIssue[][] {
  if (!('code' in issue) || issue.code !== 'invalid_union' || !('errors' in issue) || !Array.isArray(issue.errors)) return [];
  return issue.errors as SchemaIssue[][];
}

function unrecognizedKeys(issue: SchemaIssue): string[] {
  if (!('code' in issue) || issue.code !== 'unrecognized_keys' || !('keys' in issue) || !Array.isArray(issue.keys)) return [];
  return issue.keys.map(String);
}

function depth(branch: readonly SchemaIssue[]): number {
  return Math.max(0, ...branch.map((issue) => (issue.path?.length ?? 0) + (unrecognizedKeys(issue).length > 0 ? 1 : 0)));
}

function sentence(fault: Fault, received: unknown): string {
  const name = fault.path.length === 0 ? 'The body' : `'${pathText(fault.path)}'`;
  if (fault.unrecognized) return `${name} is not a known field: remove it or correct its name.`;
  const value = valueAt(received, fault.path);
  return value === undefined && fault.path.length > 0 ? `${name} is missing: ${fault.message.replace(/, received undefined$/, '')}.` : `${name} is ${shown(value)}: ${fault.message}.`;
}

function plain(message: string): string {
  const text = message.replace(/^Invalid input: /, '').replace(/\.$/, '');
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

function valueAt(received: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined), received);
}

// Values are cut short: they may be a prompt.
function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
