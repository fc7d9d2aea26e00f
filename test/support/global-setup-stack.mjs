import { buildProduct, importSupport } from './compile.mjs';
import setUpPostgres from './global-setup-postgres.mjs';

/** PostgreSQL, Temporal, the simulated provider, one api and one worker: once for the whole run, whichever specs use them. */
export default async function setUpStack() {
  if (process.env.CONCLAVE_TEST_STACK) return;
  buildProduct();
  await setUpPostgres();
  const { startTestStack } = await importSupport('stack');
  const stack = await startTestStack(process.env.TEST_DATABASE_URL);
  process.env.CONCLAVE_TEST_STACK = JSON.stringify(stack.addresses);
  globalThis.conclaveTestEngines = [...(globalThis.conclaveTestEngines ?? []), stack];
}
