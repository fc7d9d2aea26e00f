import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { ProvidersService } from './providers.service.js';

/** The providers that this process can call. */
@Module({
  providers: [{ provide: ProvidersService, inject: [CONFIG], useFactory: (config: Config) => new ProvidersService(config) }],
  exports: [ProvidersService],
})
export class ProvidersModule {}
