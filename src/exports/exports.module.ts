import { Module } from '@nestjs/common';
import { ExportsController } from './exports.controller.js';
import { ExportsService } from './exports.service.js';
import { ImportRunStore } from './import-run.store.js';
import { SigningKeysStore } from './signing-keys.store.js';

/** Exports of runs and their verification. */
@Module({ controllers: [ExportsController], providers: [ExportsService, ImportRunStore, SigningKeysStore] })
export class ExportsModule {}
