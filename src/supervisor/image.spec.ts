import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

describe('the image', () => {
  it('is built from files that are not kept from it', () => {
    const admitted = new Set([...readFileSync('.dockerignore', 'utf8').matchAll(/^!(.+)$/gm)].map(([, path]) => path));
    const copied = [...readFileSync('Dockerfile', 'utf8').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
    expect(copied).toContain('datasets');
    expect(copied.filter((path) => !admitted.has(path))).toEqual([]);
  });
});
