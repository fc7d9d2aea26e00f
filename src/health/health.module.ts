import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ModelsModule } from '../models/models.module.js';
import { PanelsModule } from '../panels/panels.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { HealthController } from './health.controller.js';
import { KeyChecksModule } from './key-checks.module.js';
import { ProvidersHealthController } from './providers-health.controller.js';
import { Readiness } from './readiness.js';
import { ServiceDescription } from './service-description.service.js';
import { StartChecks } from './start-checks.js';

/** Health, readiness and a description of the service. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false }), KeyChecksModule, ModelsModule, PanelsModule, ProvidersModule],
  controllers: [HealthController, ProvidersHealthController],
  providers: [ServiceDescription, Readiness, StartChecks],
})
export class HealthModule {}
