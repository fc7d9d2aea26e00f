import { mkdtempSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { homeFiles, openHome, postgresPassword } from './home.js';
import { describeRun, recordChildren, releaseHome, runningSupervisor, survivors, takeHome } from './run-file.js';

const newHome = (): string => mkdtempSync(join(tmpdir(), 'conclave-home-spec-'));
const addresses = { apiUrl: 'http://127.0.0.1:8000', temporalUiUrl: null, temporalAddress: null, temporalNamespace: null, databaseUrl: null };

describe('run file', () => {
  it('holds the home for one supervisor, and tells a second one who has it', () => {
    const files = openHome(newHome());
    takeHome(files);
    describeRun(files, addresses);
    expect(() => { takeHome(files); }).toThrow(`Conclave already runs with the data folder ${files.folder} (process ${String(process.pid)}) at http://127.0.0.1:8000`);
    releaseHome(files);
    expect(runningSupervisor(files)).toBeNull();
  });

  it('takes a home whose supervisor is gone, even where its process id is in use again', () => {
    const files = openHome(newHome());
    writeFileSync(files.supervisor, JSON.stringify({ pid: process.pid, startTime: 'another time' }));
    expect(runningSupervisor(files)).toBeNull();
    takeHome(files);
    expect(runningSupervisor(files)?.pid).toBe(process.pid);
  });

  it('takes a home whose run file is half-written', () => {
    const files = openHome(newHome());
    writeFileSync(files.supervisor, '{"pid": 1');
    takeHome(files);
    expect(runningSupervisor(files)?.pid).toBe(process.pid);
  });

  it('leaves a home alone that another start is clearing of a dead supervisor, unless that one died as it did', () => {
    const files = openHome(newHome());
    const guard = `${files.supervisor}.clearing`;
    writeFileSync(files.supervisor, JSON.stringify({ pid: process.pid, startTime: 'another time' }));
    writeFileSync(guard, '');
    const soon = new Date(Date.now() + 60_000);
    utimesSync(guard, soon, soon);
    expect(() => { takeHome(files); }).toThrow('at this moment');
    expect(runningSupervisor(files)).toBeNull();
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(guard, longAgo, longAgo);
    takeHome(files);
    expect(runningSupervisor(files)?.pid).toBe(process.pid);
    expect(readdirSync(dirname(files.supervisor))).toEqual(['supervisor.json']);
  });

  it('knows which children still live', () => {
    const files = openHome(newHome());
    recordChildren(files, [{ name: 'api', pid: process.pid }, { name: 'worker', pid: 999_999_999 }]);
    expect(survivors(files).map(({ name }) => name)).toEqual(['api']);
    writeFileSync(files.children, JSON.stringify([{ name: 'api', pid: process.pid, startTime: 'another time' }]));
    expect(survivors(files)).toEqual([]);
  });

  it('keeps the password readable by its owner only, and the same', () => {
    const files = homeFiles(newHome());
    const password = postgresPassword(files);
    expect(password).toHaveLength(32);
    expect(postgresPassword(files)).toBe(password);
    expect(statSync(files.postgresPassword).mode & 0o777).toBe(0o600);
  });
});
