import { spawn } from 'node:child_process';

/** The interpreter with the packages of `test/contract/python/requirements.txt`; `.ci/run` makes it and names it in `CONCLAVE_PYTHON`. */
export const python = process.env['CONCLAVE_PYTHON'];

/** Runs a module of that interpreter; resolves with exit code and everything it printed. */
export function runPython(args: string[], environment: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    if (!python) throw new Error('CONCLAVE_PYTHON is not set.');
    const child = spawn(python, args, { env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', LITELLM_LOCAL_MODEL_COST_MAP: 'True', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    child.on('error', reject).on('close', (code) => resolve({ code, output }));
  });
}
