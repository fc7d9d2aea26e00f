import { Injectable } from '@nestjs/common';
import { ApiError } from '../http/api-error.js';
import { PlansService } from '../panels/plans.service.js';
import { ModelsService } from './models.service.js';
import type { ListedModel } from './model-list.js';

/** The names clients may use: panels, composites, and the configured providers' models. */
@Injectable()
export class ListedModelsService {
  /** Stands for the time at which a name was created. */
  readonly since = new Date();

  constructor(
    private readonly plans: PlansService,
    private readonly models: ModelsService,
  ) {}

  list(): ListedModel[] {
    return this.plans.directory.names().map((id) => this.listed(id));
  }

  /** Any name that can be asked, listed or not. Throws a 404 with the nearest names. */
  find(id: string): ListedModel {
    const result = this.plans.preview(id);
    if (!result.ok) throw new ApiError({ status: 404, code: 'model_not_found', message: result.message, param: 'model' });
    return this.listed(id);
  }

  private listed(id: string): ListedModel {
    const slash = id.indexOf('/');
    const first = slash === -1 ? id : id.slice(0, slash);
    const entry = slash === -1 ? null : this.models.find(first, id.slice(slash + 1));
    return { id, name: entry?.displayName ?? id, ownedBy: (slash === -1 ? null : this.plans.directory.provider(first)) ?? 'conclave' };
  }
}
