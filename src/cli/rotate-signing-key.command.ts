import { loadConfig } from '../config/config.js';
import { rotateSigningKey } from '../exports/signing-key.js';

/** Makes a new signing key for this home. A running api takes it at its next start. */
export async function rotateSigningKeyCommand(): Promise<void> {
  const config = loadConfig();
  if (config.environment.BENCH_SIGNING_PRIVATE_KEY !== undefined) throw new Error('Exports are signed with BENCH_SIGNING_PRIVATE_KEY. Change that variable to rotate the key.');
  const { old, new: next } = rotateSigningKey(config.home);
  console.log(`New signing key ${next.id}. Start the api again to sign with it.`);
  if (old) console.log(`The old key ${old.id} is kept beside it, retired; exports it signed still verify.`);
  await Promise.resolve();
}
