import { Global, Module, type DynamicModule } from '@nestjs/common';
import { ConfigError } from './config-error.js';
import { CONFIG, loadConfig, type Config } from './config.js';

/** Gives every room the configuration: the process's own, or one that its entry (or a test) parsed, by `ConfigModule.of(config)`. */
@Global()
@Module({ providers: [{ provide: CONFIG, useFactory: () => checked(loadConfig()) }], exports: [CONFIG] })
export class ConfigModule {
  static of(config: Config): DynamicModule {
    return { module: ConfigModule, global: true, providers: [{ provide: CONFIG, useValue: checked(config) }], exports: [CONFIG] };
  }
}

// Api and worker can't make a call without it; the supervisor, which finds out the address, does not use this module.
function checked(config: Config): Config {
  if (!config.simulated || config.simulatedUrl !== null) return config;
  throw new ConfigError([
    'No provider has a key and CONCLAVE_SIMULATED_URL is missing. Set a key such as OPENAI_API_KEY, or start everything with "npm start", which brings a simulated provider.',
  ]);
}
