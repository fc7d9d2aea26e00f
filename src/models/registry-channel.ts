/** Postgres channel on which whoever changes prices or overrides tells the processes that keep them in memory. */
export const registryChannel = 'conclave_registry';
