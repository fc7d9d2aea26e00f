import { ask } from './api-client.js';
import { exitCodes } from './exit-codes.js';
import { findServer } from './find-server.js';
import { benchmarkTable } from './run-view.js';
import { benchmarkListOnWire } from './run-wire.js';

/** Prints the benchmarks that can be run. */
export async function listBenchmarks(options: { url?: string; key?: string; json?: boolean }): Promise<number> {
  const json: unknown = await (await ask(await findServer(options), '/api/benchmarks')).json();
  const { data } = benchmarkListOnWire.parse(json);
  console.log(options.json === true ? JSON.stringify(json, null, 2) : benchmarkTable(data, process.stdout.isTTY ? process.stdout.columns : 250));
  return exitCodes.done;
}
