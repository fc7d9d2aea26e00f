import type { ConclaveFile } from '../config/conclave-file.schema.js';
import type { MemberInput } from '../../domain/chat/conclave-extensions.js';

/** What the warnings ask about providers. */
export interface NamedProviders {
  /** The canonical name of a registered provider; null: no such provider. */
  resolveAlias(name: string): string | null;
  isConfigured(provider: string): boolean;
  howToConfigure(provider: string): string;
}

/** Providers that conclave.yaml counts on (default models, default provider, the default panel's seats) and that have no key; one line each. */
export function missingKeyWarnings(file: ConclaveFile, providers: NamedProviders): string[] {
  const panel = file.default_panel === undefined ? undefined : file.panels[file.default_panel];
  const seats = [...(panel?.members ?? []), ...(panel?.reviewers ?? []), ...[panel?.chairman ?? []].flat(), ...(file.default_model === undefined ? [] : [file.default_model])];
  const named = [
    ...Object.keys(file.default_models).map((name) => ({ name, place: 'default_models' })),
    ...(file.default_provider === undefined ? [] : [{ name: file.default_provider, place: 'default_provider' }]),
    ...seats.map((seat) => ({ name: providerOf(seat), place: panel === undefined ? 'default_model' : `the default panel '${file.default_panel ?? ''}'` })),
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
