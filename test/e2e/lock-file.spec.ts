import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/supervisor/package-root.js';

const folder = mkdtempSync(join(tmpdir(), 'conclave-locks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a module's source in so many processes, which go at the same moment and live until all are done. Returns what each printed as JSON. */
async function atOnce(count: number, source: string): Promise<unknown[]> {
  const module = join(folder, `${String(count)}-${String(Date.now())}.mjs`);
  writeFileSync(module, `process.stdin.once('data', async () => {\n${source}\nprocess.stdout.write(JSON.stringify(result));\n});\nprocess.stdout.write('ready');\nprocess.stdin.on('end', () => process.exit());`);
  const children = Array.from({ length: count }, () => spawn(process.execPath, [module], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const said = () => Promise.all(children.map((child) => new Promise<string>((resolve, reject) => child.stdout.once('data', (data: Buffer) => { resolve(data.toString()); }).once('end', () => { reject(new Error('It ended.')); }))));
  try {
    await said();
    const results = said();
    const at = Date.now() + 200;
    for (const child of children) child.stdin.write(String(at));
    return (await results).map((text) => JSON.parse(text) as unknown);
  } finally {
    for (const child of children) child.stdin.end();
  }
}

const built = (path: string) => JSON.stringify(pathToFileURL(join(packageRoot(), 'dist', 'src', path)).href);
const rounds = 100;

describe('processes that find the lock of a dead one', () => {
  it('take it over one at a time', async () => {
    const locks = Array.from({ length: rounds }, (_, index) => join(folder, `rows-${String(index)}.lock`));
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const lock of locks) {
      writeFileSync(lock, '');
      utimesSync(lock, longAgo, longAgo);
    }
    const spans = (await atOnce(3, `
      const { withLock } = await import(${built('datasets/lock-file.js')});
      const startAt = Date.now() + 500 - (Date.now() % 500);
      const result = await Promise.all(${JSON.stringify(locks)}.map(async (lock, index) => {
        await new Promise((resolve) => setTimeout(resolve, startAt - Date.now() + index * 4));
        return withLock(lock, async () => {
          const from = performance.timeOrigin + performance.now();
          await new Promise((resolve) => setTimeout(resolve, 5));
          return [from, performance.timeOrigin + performance.now()];
        });
      }));`)) as [number, number][][];
    const overlaps = locks.filter((_, index) => {
      const sorted = spans.map((ofProcess) => ofProcess[index]!).sort(([left], [right]) => left - right);
      return sorted.some(([from], position) => position > 0 && from < sorted[position - 1]![1]);
    });
    expect(overlaps).toEqual([]);
  });
});
