import { Global, Module } from '@nestjs/common';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { temporalClientOptions } from './connect-options.js';
import { PostgresPayloadCodec } from './postgres-payload-codec.js';
import { TemporalService } from './temporal.service.js';

/** The Temporal client of the api, with the same payload codec as the worker. */
@Global()
@Module({
  providers: [
    {
      provide: TemporalService,
      inject: [CONFIG, POSTGRES_POOL],
      useFactory: (config: Config, sql: Sql) =>
        new TemporalService({ connect: temporalClientOptions(config.environment), namespace: config.environment.TEMPORAL_NAMESPACE, codec: new PostgresPayloadCodec(sql) }),
    },
  ],
  exports: [TemporalService],
})
export class TemporalModule {}
