import { setTimeout as wait } from 'node:timers/promises';
import { seededChoice, seededUnit } from '../../src/simulated/seeded-hash.js';
import type { ConclaveUp, Victim } from '../support/conclave-up.js';
import { victims } from '../support/conclave-up.js';

/**
 * Kills parts of the product, drawn from the seed, at moments drawn from it. One time in three the next victim dies while the last one is still away. `beforeKill` is
 * called before each; with `inTurns` nobody dies again before everybody has died. Everything is back when it returns.
 */
export async function killAtRandom(conclave: ConclaveUp, options: { seed: number; kills: number; mostMs: number; inTurns?: boolean; beforeKill?: (kill: number) => Promise<void> | void }): Promise<Victim[]> {
  const killed: Victim[] = [];
  let away: { victim: Victim; pid: number }[] = [];
  for (let kill = 0; kill < options.kills; kill++) {
    await options.beforeKill?.(kill);
    await wait(options.mostMs * seededUnit(options.seed, kill, 'moment'));
    const victim = options.inTurns ? victimInTurn(options.seed, kill) : seededChoice(victims, options.seed, kill, 'victim');
    for (const { pid } of away.filter((other) => other.victim === victim)) await conclave.untilRestarted(victim, pid);
    away.push({ victim, pid: await conclave.kill(victim) });
    killed.push(victim);
    if (kill < options.kills - 1 && seededUnit(options.seed, kill, 'together') < 1 / 3) continue;
    for (const { victim: part, pid } of away) await conclave.untilRestarted(part, pid);
    away = [];
  }
  return killed;
}

function victimInTurn(seed: number, kill: number): Victim {
  const round = Math.floor(kill / victims.length);
  const order = [...victims].sort((left, right) => seededUnit(seed, round, left) - seededUnit(seed, round, right));
  return order[kill % victims.length] ?? 'worker';
}
