import { Inject, Injectable } from '@nestjs/common';
import type { StrategyPlan } from '../../domain/chat/plan.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { ModelsService } from '../models/models.service.js';
import { TargetsService } from '../models/targets.service.js';
import { PlansService } from '../panels/plans.service.js';
import { ProvidersService } from '../providers/providers.service.js';

/** What a run measures. `provider` is `conclave` for panels and strategies of our own. */
export interface RunTarget {
  provider: string;
  model: string;
  plan: StrategyPlan;
  simulated: boolean;
}

const ownProvider = 'conclave';
/** The provider of a model name that says no other, where conclave.yaml has no `default_provider`. */
const defaultProvider = 'chutes';
const gremiumProviders: readonly string[] = ['gremium-openai', 'gremium-anthropic'];

/** Decides what a run measures, and refuses a model that does not fit its provider. */
@Injectable()
export class RunTargetService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly plans: PlansService,
    private readonly providers: ProvidersService,
    private readonly models: ModelsService,
    private readonly targets: TargetsService,
  ) {}

  resolve(asked: { provider?: string | undefined; model_id?: string | undefined; panel?: string | undefined }): RunTarget {
    if (asked.panel !== undefined) {
      if (asked.provider !== undefined && asked.provider !== ownProvider) throw badRequest('provider', `'provider' is '${asked.provider}', but a panel runs here: leave it out, or send '${ownProvider}'.`);
      return this.ours(asked.panel.startsWith('panel/') ? asked.panel : `panel/${asked.panel}`, 'panel');
    }
    if (asked.model_id === undefined) return this.unnamed(asked.provider);
    const model = asked.model_id;
    const provider = asked.provider ?? this.providerOf(model);
    if (provider === ownProvider) return this.ours(model, 'model_id');
    return this.theirs(provider, model);
  }

  // As for every job: the provider's default model, else what conclave.yaml names; nothing anywhere is refused with what would have worked.
  private unnamed(provider: string | undefined): RunTarget {
    if (provider === ownProvider) throw badRequest('model_id', "A panel of our own has no default: send 'model_id', such as composite/council/gpt-4o or gremium-consensus, or the name of a stored 'panel'.");
    const result = this.targets.resolve({ request: { provider } });
    if (!result.ok) throw badRequest(result.param === 'model' ? 'model_id' : 'provider', result.message);
    const { name, provider: found, model } = result.target;
    return found === null || model === null ? this.resolve({ model_id: name }) : this.theirs(found, model);
  }

  /** Refuses a judge of a provider that there is not. */
  checkJudge(judge: { provider: string } | undefined): void {
    if (judge && this.providers.resolveAlias(judge.provider) === null) throw badRequest('judge.provider', `There is no provider '${judge.provider}'. Known are: ${this.providers.names().join(', ')}.`);
  }

  private ours(model: string, param: string): RunTarget {
    return { provider: ownProvider, model, ...this.plan(model, param) };
  }

  private theirs(name: string, model: string): RunTarget {
    const provider = this.providers.resolveAlias(name);
    if (provider === null) throw badRequest('provider', `There is no provider '${name}'. Known are: ${[...this.providers.names(), ownProvider].join(', ')}.`);
    if (!this.providers.isConfigured(provider)) throw badRequest('provider', `Provider '${provider}' is not configured. ${this.providers.howToConfigure(provider)}`);
    const id = model.startsWith(`${provider}/`) ? model.slice(provider.length + 1) : model;
    this.checkFit(provider, id);
    return { provider, model: id, ...this.plan(`${provider}/${id}`, 'model_id') };
  }

  private checkFit(provider: string, model: string): void {
    if (gremiumProviders.includes(provider)) {
      const own = this.models.all().filter((entry) => entry.provider === provider).map(({ id }) => id);
      if (!own.includes(model)) throw badRequest('model_id', `Model '${model}' does not fit provider '${provider}', which has: ${own.join(', ')}.`);
      return;
    }
    const namer = this.namerOf(provider, model);
    if (namer !== null) throw badRequest('model_id', `Model '${model}' does not fit provider '${provider}'; it belongs to ${namer}. Leave 'provider' out, or name a model of '${provider}'.`);
    const others = [...new Set(this.models.byModelId(model).map((entry) => entry.provider))];
    if (others.length > 0 && !others.includes(provider)) throw badRequest('model_id', `Model '${model}' does not fit provider '${provider}'; it belongs to ${others.join(', ')}.`);
  }

  // The other provider that the model's name begins with. Names like `openai/gpt-4o-mini` are fine where models are called so (OpenRouter, gateways), but not at a provider of whose models none has a slash.
  private namerOf(provider: string, model: string): string | null {
    const slash = model.indexOf('/');
    const namer = slash < 1 ? null : this.providers.resolveAlias(model.slice(0, slash));
    if (namer === null || namer === provider || this.models.find(namer, model.slice(slash + 1)) === null) return null;
    const own = this.models.all().filter((entry) => entry.provider === provider);
    return own.length > 0 && own.every(({ id }) => !id.includes('/')) ? namer : null;
  }

  // A name may say it itself; a Gremium's goes to the Gremium where there is one, else to our own default panel.
  private providerOf(model: string): string {
    const [first = ''] = model.split('/');
    if (model === 'trio' || first === 'composite' || first === 'panel') return ownProvider;
    if (model.startsWith('gremium-consensus')) {
      const preferred = model === 'gremium-consensus-anthropic' ? 'gremium-anthropic' : this.config.environment.GREMIUM_PROVIDER_DEFAULT;
      return this.providers.isConfigured(preferred) && !this.config.simulated ? preferred : ownProvider;
    }
    if (model.includes('/') && this.providers.resolveAlias(first) !== null) return first;
    const owners = [...new Set(this.models.byModelId(model).map((entry) => entry.provider))];
    return owners.length === 1 ? (owners[0] ?? defaultProvider) : (this.config.file.default_provider ?? defaultProvider);
  }

  private plan(model: string, param: string): { plan: StrategyPlan; simulated: boolean } {
    const result = this.plans.plan({ model, extensions: { parameters: {}, options: {} }, n: 1, seed: 0, hasTools: false, jsonSchema: null });
    if (!result.ok) throw new ApiError({ status: result.status === 404 ? 404 : 400, code: result.code, message: result.message, param });
    return { plan: result.plan, simulated: result.simulated };
  }
}
