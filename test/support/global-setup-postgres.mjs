import { importSupport } from './compile.mjs';

/** One throwaway PostgreSQL for the whole run; specs take databases of their own from it (`createTestDatabase`). */
export default async function setUpPostgres() {
  if (process.env.TEST_DATABASE_URL) return;
  const { startTestPostgres } = await importSupport('engines');
  const postgres = await startTestPostgres();
  process.env.TEST_DATABASE_URL = postgres.url;
  globalThis.conclaveTestEngines = [...(globalThis.conclaveTestEngines ?? []), postgres];
}
