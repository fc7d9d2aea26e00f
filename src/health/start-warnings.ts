import type { ConclaveFile } from '../config/conclave-file.schema.js';
import type { MemberInput } from '../../domain/chat/conclave-extensions.js';

/** What the warnings ask about providers. */
export interface NamedProviders {
  /** The canonical name of a registered provider; null: no such provider. */
  resolveAlias(name: string): string | null;
  isConfigured(provider: string): boolean;
  howToConfigure(provider: string): string;
}

/** Providers that conclave.yaml counts on (default models, default provider and model, seats of its panels) and that have no key; one line each. */
export function missingKeyWarnings(file: ConclaveFile, providers: NamedProviders): string[] {
  const named = [
    ...Object.keys(file.default_models).map((name) => ({ name, place: 'default_models' })),
    ...(file.default_provider === undefined ? [] : [{ name: file.default_provider, place: 'default_provider' }]),
    ...(file.default_model === undefined ? [] : [{ name: providerOf(file.default_model), place: 'default_model' }]),
    ...Object.entries(file.panels).flatMap(([panel, { members = [], reviewers = [], chairman = [] }]) =>
      [...members, ...reviewers, ...[chairman].flat()].map((seat) => ({ name: providerOf(seat), place: panel === file.default_panel ? `the default panel '${panel}'` : `the panel '${panel}'` })),
    ),
  ];
  const missing = new Map<string, string>();
  for (const { name, place } of named) {
    const provider = providers.resolveAlias(name);
    if (provider !== null && !providers.isConfigured(provider) && !missing.has(provider)) missing.set(provider, `Provider '${provider}' has no key, but ${place} of conclave.yaml counts on it. ${providers.howToConfigure(provider)}`);
  }
  return [...missing.values()];
}

function providerOf(seat: MemberInput): string {
  const model = typeof seat === 'string' ? seat : seat.model;
  return model.split('/')[0] ?? '';
}
