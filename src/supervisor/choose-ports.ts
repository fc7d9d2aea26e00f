import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { HomeFiles } from './home.js';
import { readJson } from './home.js';
import { anyFreePort, isFree, isListening } from './ports.js';

const portsSchema = z.object({ api: z.number(), postgres: z.number(), temporal: z.number(), temporalUi: z.number(), simulated: z.number() }).partial();
export type PortName = keyof z.infer<typeof portsSchema>;

/** Where a first start would like to be; a second copy on the machine moves on. */
const usual: Record<PortName, number> = { api: 8000, postgres: 54_329, temporal: 7233, temporalUi: 8233, simulated: 8901 };
const titles: Record<PortName, string> = { api: 'the API', postgres: 'PostgreSQL', temporal: 'Temporal', temporalUi: 'the Temporal Web UI', simulated: 'the simulated provider' };
const tries = 50;

export interface PortWishes {
  /** The ports this start needs. */
  names: readonly PortName[];
  /** The API's port when the configuration names one: then it is that or an error. */
  apiPort: number | null;
  host: string;
}

/** A free port for each name: the configured one, that of the last start, the usual one, or the next free; kept in the home so that addresses last. Says when one had to move. */
export async function choosePorts(files: HomeFiles, wishes: PortWishes, say: (line: string) => void): Promise<Record<PortName, number>> {
  const parsed = portsSchema.safeParse(readJson(files.ports));
  const kept = parsed.success ? parsed.data : {};
  const chosen: Partial<Record<PortName, number>> = {};
  for (const name of wishes.names) {
    const host = name === 'api' ? wishes.host : '127.0.0.1';
    if (name === 'api' && wishes.apiPort !== null) {
      chosen.api = wishes.apiPort === 0 ? await anyFreePort(host) : await insist(wishes.apiPort, host);
      continue;
    }
    const wanted = kept[name] ?? usual[name];
    chosen[name] = await nextFree(wanted, host, Object.values(chosen));
    if (chosen[name] !== wanted) say(`port ${String(wanted)} for ${titles[name]} is in use; it moves to ${String(chosen[name])}`);
  }
  const isApiOwn = wishes.apiPort === null;
  writeFileSync(files.ports, `${JSON.stringify({ ...kept, ...chosen, ...(!isApiOwn && { api: kept.api }) }, null, 2)}\n`);
  return { ...usual, ...chosen };
}

/** The port, or where somebody has it by now the next free one, kept in the home: two first starts at the same moment choose the same ones, as neither listens yet. Says when it had to move. */
export async function keepOrMove(files: HomeFiles, wish: { name: PortName; port: number; host: string; taken: number[] }, say: (line: string) => void): Promise<number> {
  const { name, port, host, taken } = wish;
  if (await isUsable(port, host)) return port;
  const moved = await nextFree(port, host, taken);
  const parsed = portsSchema.safeParse(readJson(files.ports));
  writeFileSync(files.ports, `${JSON.stringify({ ...(parsed.success && parsed.data), [name]: moved }, null, 2)}\n`);
  say(`port ${String(port)} for ${titles[name]} is in use; it moves to ${String(moved)}`);
  return moved;
}

async function insist(port: number, host: string): Promise<number> {
  if (await isUsable(port, host)) return port;
  throw new Error(`Port ${String(port)} on ${host}, which PORT (or TRIO_PORT) asks for, can't be used: another program has it, or this user may not. Stop that program ("ss -ltnp" or "lsof -i :${String(port)}" names it) or set PORT to another.`);
}

async function nextFree(wanted: number, host: string, taken: number[]): Promise<number> {
  for (let port = wanted; port < wanted + tries && port < 65_536; port += 1) {
    if (!taken.includes(port) && (await isUsable(port, host))) return port;
  }
  return anyFreePort(host);
}

/** Some systems let a second program bind loopback under one that has all addresses, so both are asked. */
async function isUsable(port: number, host: string): Promise<boolean> {
  return (await isFree(port, host)) && !(await isListening(port));
}
