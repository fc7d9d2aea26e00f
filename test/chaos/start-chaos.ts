import type { ConclaveUp } from '../support/conclave-up.js';
import { startConclaveUp } from '../support/conclave-up.js';
import { SimulatedClient } from '../support/simulated-client.js';
import { startSimulated } from '../support/stack.js';

/** A Conclave to be killed, and its simulated provider, which lives on and counts. */
export interface Chaos {
  conclave: ConclaveUp;
  simulated: SimulatedClient;
  stop(): Promise<void>;
}

export async function startChaos(): Promise<Chaos> {
  const provider = await startSimulated('simulated-chaos');
  const conclave = await startConclaveUp(provider.url);
  return {
    conclave,
    simulated: new SimulatedClient(provider.url),
    stop: async () => {
      await conclave.stop();
      await provider.stop();
    },
  };
}
