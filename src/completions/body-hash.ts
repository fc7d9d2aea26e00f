import { createHash } from 'node:crypto';
import canonicalizeModule from 'canonicalize';
import { ApiError } from '../http/api-error.js';

// A CommonJS module that exports the function itself; its types describe an ES module.
const canonicalize = canonicalizeModule as unknown as (value: unknown) => string | undefined;

/**
 * sha256 (hex) of endpoint and canonical body (RFC 8785): equal for the same request whatever the order of its fields. Throws a 400 for
 * a body that has no canonical form: nested too deeply, or with a number beyond any float.
 */
export function bodyHash(endpoint: string, body: unknown): string {
  try {
    return createHash('sha256')
      .update(`${endpoint}\n${canonicalize(body) ?? ''}`)
      .digest('hex');
  } catch (error) {
    throw new ApiError({ status: 400, code: 'invalid_json', message: error instanceof RangeError ? 'The body is nested too deeply.' : 'The body holds a number that is too large.' });
  }
}
