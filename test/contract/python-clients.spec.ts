import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { python, runPython } from '../support/python.js';

const folder = join(process.cwd(), 'test', 'contract', 'python');
const files = readdirSync(folder).filter((name) => name.startsWith('test_'));

// Without the interpreter these are skipped on a developer's machine; CI always has it.
const isNeeded = python !== undefined || process.env['CI'] === 'true';
(isNeeded ? describe : describe.skip)('the official clients for Python (set CONCLAVE_PYTHON, see .ci/run)', () => {
  it.each(files)('%s', async (file) => {
    const { code, output } = await runPython(['-m', 'pytest', '-q', '-p', 'no:cacheprovider', join(folder, file)]);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  });
});
