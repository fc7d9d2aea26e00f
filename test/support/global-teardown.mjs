/** Stops what the global setups started, the last one first. What this misses (a killed run) the kernel ends: see `startEngineProcess`. */
export default async function tearDown() {
  const engines = (globalThis.conclaveTestEngines ?? []).reverse();
  globalThis.conclaveTestEngines = [];
  delete process.env.TEST_DATABASE_URL;
  delete process.env.CONCLAVE_TEST_STACK;
  for (const engine of engines) await engine.stop();
}
