import { Module } from '@nestjs/common';
import { FilesController } from './files.controller.js';
import { FilesService } from './files.service.js';
import { FilesStore } from './files.store.js';

/** Uploaded and written files. */
@Module({ controllers: [FilesController], providers: [FilesService, FilesStore], exports: [FilesService, FilesStore] })
export class FilesModule {}
