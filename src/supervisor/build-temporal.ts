import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, searchPath } from '../config/machine.js';
import { startEngineProcess } from './engine-process.js';
import { packageRoot } from './package-root.js';
import { temporalVersion } from './temporal-release.js';

const tellEveryMs = 15_000;
/** What `go list -deps` counts for the pinned release; all of them are compiled where Go's cache is cold. */
const packages = 1_300;

/** Builds the program from the pinned Go module (go.sum holds the checksum of every source) and puts it at `target`. Minutes the first time, seconds with Go's caches warm. */
export async function buildTemporal(target: string, progress: (line: string) => void, onSpawn?: (pid: number) => void): Promise<void> {
  const module = join(packageRoot(), 'src', 'supervisor', 'temporal-cli');
  if (!existsSync(join(module, 'go.mod'))) throw new Error(`the Go module to build it from is not in ${module}`);
  const go = goProgram();
  progress(`building Temporal ${temporalVersion} with Go: two to five minutes, this once`);
  const partial = `${target}.${String(process.pid)}`;
  const begun = Date.now();
  let compiled = 0;
  let last = 'beginning';
  const ticker = setInterval(() => { progress(`  still building (${String(Math.round((Date.now() - begun) / 1000))} s): ${last}`); }, tellEveryMs);
  try {
    await runGo({ command: go, cwd: module, onSpawn, args: ['build', '-v', '-buildvcs=false', '-ldflags', '-s -w', '-o', partial, 'github.com/temporalio/cli/cmd/temporal'] }, (line) => {
      if (!line.startsWith('go: ')) compiled += 1;
      last = line.startsWith('go: ') ? line.slice('go: '.length) : `${String(compiled)} of about ${String(packages)} packages compiled, now ${line}`;
    });
    renameSync(partial, target);
    progress(`built in ${String(Math.round((Date.now() - begun) / 1000))} s`);
  } finally {
    clearInterval(ticker);
    rmSync(partial, { force: true });
  }
}

async function runGo(build: { command: string; args: string[]; cwd: string; onSpawn: ((pid: number) => void) | undefined }, onLine: (line: string) => void): Promise<void> {
  const recent: string[] = [];
  const go = await startEngineProcess({
    ...build,
    deathSignal: 'TERM',
    environment: childEnvironment({ GOFLAGS: '-mod=readonly', GOWORK: 'off' }),
    onLine: (line) => {
      recent.push(line);
      if (recent.length > 5) recent.shift();
      onLine(line);
    },
  });
  const code = await go.exited;
  if (code !== 0) throw new Error(`go build failed: ${recent.join(' · ') || `exit code ${String(code)}`}`);
}

function goProgram(): string {
  const name = process.platform === 'win32' ? 'go.exe' : 'go';
  const found = searchPath().map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (!found) throw new Error('Go is not installed (no `go` on PATH)');
  return found;
}
