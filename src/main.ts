import 'reflect-metadata';
import { Logger } from 'nestjs-pino';
import { loadConfig } from './config/config.js';
import { createApi } from './http/create-api.js';
import { KeysService } from './keys/keys.service.js';
import { refuseToBind } from './keys/loopback-access.js';
import { tellListening } from './supervisor/tell-listening.js';

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  // Pools and connections of what was built so far would keep the process.
  process.exit(1);
}

async function main(): Promise<void> {
  const config = loadConfig();
  const app = await createApi(config);
  await app.init();
  const refusal = refuseToBind(config.host, await app.get(KeysService).exist());
  if (refusal !== null) {
    await app.close();
    throw new Error(refusal);
  }
  await app.listen(config.port, config.host);
  tellListening();
  app.get(Logger).log(`api ready at ${await app.getUrl()}`);
}
