import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { HopelessStart } from './hopeless-start.js';
import { homeFiles, keptNamespace, openHome, temporalNamespace } from './home.js';

const newHome = () => openHome(mkdtempSync(join(tmpdir(), 'conclave-home-spec-')));

describe('the namespace of a home', () => {
  it('is its own, and the same at every start', () => {
    const [one, other] = [newHome(), newHome()];
    expect(keptNamespace(one)).toBeNull();
    expect(temporalNamespace(one)).toMatch(/^conclave-[0-9a-f]{12}$/);
    writeFileSync(one.temporalDatabase, '');
    expect([temporalNamespace(one), keptNamespace(homeFiles(one.folder))]).toEqual([temporalNamespace(one), temporalNamespace(one)]);
    expect(temporalNamespace(other)).not.toBe(temporalNamespace(one));
  });

  it('stays `default` where a database from before has its workflows there, until that is gone', () => {
    const files = newHome();
    mkdirSync(dirname(files.temporalDatabase));
    writeFileSync(files.temporalDatabase, '');
    expect([temporalNamespace(files), keptNamespace(files), existsSync(files.temporalNamespace)]).toEqual(['default', 'default', false]);
    rmSync(files.temporalDatabase);
    expect(temporalNamespace(files)).toMatch(/^conclave-/);
  });

  it.each(['', 'a b\n', '../x', '<html>'])('is not guessed where its file holds %j', (content) => {
    const files = newHome();
    mkdirSync(dirname(files.temporalNamespace));
    writeFileSync(files.temporalNamespace, content);
    expect(() => temporalNamespace(files)).toThrow(HopelessStart);
    expect(() => temporalNamespace(files)).toThrow(`${files.temporalNamespace} should hold the name of a Temporal namespace, and holds ${JSON.stringify(content.trim())}`);
  });
});
