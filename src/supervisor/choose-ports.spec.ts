import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../test/support/ports.js';
import { choosePorts } from './choose-ports.js';
import type { HomeFiles } from './home.js';
import { homeFiles } from './home.js';

const servers: Server[] = [];
const home = (): HomeFiles => homeFiles(mkdtempSync(join(tmpdir(), 'conclave-ports-spec-')));

async function takenPort(): Promise<number> {
  // None of those that systems give to outgoing connections: the next one would not stay free.
  const port = await freePort();
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return port;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('ports', () => {
  it('stay those of the last start, and move with a word where one is in use', async () => {
    const files = home();
    const taken = await takenPort();
    writeFileSync(files.ports, JSON.stringify({ temporal: taken }));
    const said: string[] = [];
    const { temporal } = await choosePorts(files, { names: ['temporal'], apiPort: null, host: '127.0.0.1' }, (line) => said.push(line));
    expect(temporal).not.toBe(taken);
    expect(said).toEqual([`port ${String(taken)} for Temporal is in use; it moves to ${String(temporal)}`]);
    expect(JSON.parse(readFileSync(files.ports, 'utf8'))).toEqual({ temporal });
    expect((await choosePorts(files, { names: ['temporal'], apiPort: null, host: '127.0.0.1' }, (line) => said.push(line))).temporal).toBe(temporal);
    expect(said).toHaveLength(1);
  });

  it('never move when the configuration names one, and are not kept then', async () => {
    const files = home();
    const taken = await takenPort();
    await expect(choosePorts(files, { names: ['api'], apiPort: taken, host: '127.0.0.1' }, () => undefined)).rejects.toThrow(`Port ${String(taken)} on 127.0.0.1, which PORT (or TRIO_PORT) asks for`);
    const { api } = await choosePorts(files, { names: ['api'], apiPort: 0, host: '127.0.0.1' }, () => undefined);
    expect(api).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(files.ports, 'utf8'))).toEqual({});
  });
});
