import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { python, runPython } from '../support/python.js';
import type { StackAddresses } from '../support/stack.js';
import { startTestStack } from '../support/stack.js';

const isNeeded = python !== undefined || process.env['CI'] === 'true';
(isNeeded ? describe : describe.skip)('the OpenAPI document against the service (set CONCLAVE_PYTHON, see .ci/run)', () => {
  // A stack of its own: the failures that other specs provoke are records there, and reading them tells their status again.
  let stack: { addresses: StackAddresses; stop(): Promise<void> };
  beforeAll(async () => {
    stack = await startTestStack(process.env['TEST_DATABASE_URL']!);
  });
  afterAll(() => stack.stop());

  it('schemathesis finds no 5xx and no answer that the document does not describe', async () => {
    const { code, output } = await runPython([
      '-m', 'schemathesis.cli', 'run', `${stack.addresses.apiUrl}/docs/openapi.json`,
      // Nest answers 404, not 405, to a method that a path doesn't have.
      // And a schema can't say what holds between fields, such as that a tool choice needs tools: those are honest 400s.
      '--exclude-checks', 'unsupported_method,positive_data_acceptance',
      '--max-examples', '15', '--seed', '1', '--phases', 'examples,coverage,fuzzing', '--suppress-health-check', 'all', '--no-color', '--request-timeout', '20',
    ]);
    expect({ code, output: code === 0 ? '' : output.slice(-15_000) }).toEqual({ code: 0, output: '' });
  }, 600_000);
});
