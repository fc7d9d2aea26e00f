import { describe, expect, it } from '@jest/globals';
import { python, runPython } from '../support/python.js';
import { stackAddresses } from '../support/stack.js';

const isNeeded = python !== undefined || process.env['CI'] === 'true';
(isNeeded ? describe : describe.skip)('the OpenAPI document against the service (set CONCLAVE_PYTHON, see .ci/run)', () => {
  it('schemathesis finds no 5xx and no answer that the document does not describe', async () => {
    const { code, output } = await runPython([
      '-m', 'schemathesis.cli', 'run', `${stackAddresses().apiUrl}/docs/openapi.json`,
      // Nest answers 404, not 405, to a method that a path doesn't have.
      // And a schema can't say what holds between fields, such as that a tool choice needs tools: those are honest 400s.
      '--exclude-checks', 'unsupported_method,positive_data_acceptance',
      '--max-examples', '15', '--seed', '1', '--phases', 'examples,coverage,fuzzing', '--suppress-health-check', 'all', '--no-color', '--request-timeout', '20',
    ]);
    expect({ code, output: code === 0 ? '' : output.slice(-15_000) }).toEqual({ code: 0, output: '' });
  }, 600_000);
});
