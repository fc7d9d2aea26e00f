import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { packageRoot } from '../../src/supervisor/package-root.js';
import { workerNodeOptions } from '../../src/worker-heap.js';

const dist = join(packageRoot(), 'dist');

interface Growth {
  young: number;
  peak: number;
}

describe("the worker's heap", () => {
  // Without the settings: 34 MB after, 211 and 202 MB at most and 32 for young objects on Node 20; 311 and 342 MB on Node 24.
  it('drops what starting left, grows by part of what lives, and gives threads little room for young objects', async () => {
    const script = join(packageRoot(), 'test', 'support', 'heap-growth.mjs');
    // In a process of its own, as V8's flags hold for all of one.
    const { stdout } = await promisify(execFile)(process.execPath, [...workerNodeOptions, script, pathToFileURL(join(dist, 'src', 'worker-heap.js')).href]);
    // What the script writes.
    const { before, after, main, thread, isExposed } = JSON.parse(stdout) as { before: number; after: number; main: Growth; thread: Growth; isExposed: boolean };
    expect(before).toBeGreaterThan(30);
    expect(after).toBeLessThan(15);
    expect(main.young).toBeLessThanOrEqual(32);
    expect(main.peak).toBeLessThan(170);
    // Twice 4 MB, and while it collects some more.
    expect(thread.young).toBeLessThan(20);
    expect(thread.peak).toBeLessThan(160);
    expect(isExposed).toBe(false);
  });

  it('holds the workflows with one byte a character and without the texts of their sources', () => {
    const bundle = readFileSync(join(dist, 'workflow-bundle.js'), 'utf8');
    expect(bundle).not.toMatch(/[\u0100-\uffff]/);
    expect(bundle.length).toBeLessThan(2_000_000);
  });
});
