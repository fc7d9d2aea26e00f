/** Everything that is wrong with the environment and `conclave.yaml`, in one message. Secrets are never part of it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration has ${String(faults.length)} ${faults.length === 1 ? 'fault' : 'faults'}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}
