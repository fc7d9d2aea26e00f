import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { BatchesModule } from './batches/batches.module.js';
import { CompletionsModule } from './completions/completions.module.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { ExportsModule } from './exports/exports.module.js';
import { HealthModule } from './health/health.module.js';
import { logOptions } from './http/log-options.js';
import { KeysModule } from './keys/keys.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { ModelsApiModule } from './models/models-api.module.js';
import { PanelsModule } from './panels/panels.module.js';
import { RunsModule } from './runs/runs.module.js';
import { TemporalModule } from './temporal/temporal.module.js';
import { TracesModule } from './traces/traces.module.js';

/** The api: every room with endpoints, and what they stand on. */
@Module({})
export class AppModule {
  static of(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(config),
        LoggerModule.forRoot(logOptions(config.environment.LOG_LEVEL, process.stdout.isTTY)),
        DatabaseModule,
        TemporalModule,
        KeysModule,
        PanelsModule,
        ModelsApiModule,
        LimitsModule,
        HealthModule,
        TracesModule,
        RunsModule,
        ExportsModule,
        CompletionsModule,
        BatchesModule,
      ],
    };
  }
}
