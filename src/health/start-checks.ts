import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { ProvidersService } from '../providers/providers.service.js';
import { KeyChecks } from './key-checks.js';
import { missingKeyWarnings } from './start-warnings.js';

/** Says at start which keys are missing or do not work. It delays nothing and stops nothing: other providers may serve. */
@Injectable()
export class StartChecks implements OnApplicationBootstrap {
  private readonly logger = new Logger('Providers');

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly providers: ProvidersService,
    private readonly checks: KeyChecks,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.simulated) return;
    for (const warning of missingKeyWarnings(this.config.file, this.providers)) this.logger.warn(warning);
    // Only those that somebody chose: the default address of ollama says nothing about a server there.
    void this.checks.check(this.config.chosenProviders).then((healths) => {
      for (const { status, message } of healths) if (status !== 'ok' && status !== 'not_configured') this.logger.warn(message);
    });
  }
}
