import { describe, expect, it } from '@jest/globals';
import { resolveTarget, type TargetDirectory, type TargetLevels } from './resolve-target.js';

const defaults: Record<string, string | null> = { openai: 'gpt-4o-mini', gemini: 'gemini-2.0-flash-001', groq: 'llama-3.3-70b-versatile', trio: null };
const owners: Record<string, string[]> = { 'gpt-4o': ['openai'], 'gemini-2.5-pro': ['gemini'], 'gpt-4.1': ['openai'], shared: ['openai', 'groq'] };
const directory: TargetDirectory = {
  provider: (name) => (name === 'google' ? 'gemini' : name in defaults ? name : null),
  isConfigured: (provider) => provider !== 'groq',
  providersOf: (model) => owners[model] ?? [],
  defaultModel: (provider) => defaults[provider] ?? null,
  providers: () => Object.keys(defaults),
  registryProvider: () => null,
};

function nameOf(levels: TargetLevels): string {
  const result = resolveTarget(levels, directory);
  return result.ok ? result.target.name : `${result.param}: ${result.message}`;
}

describe('resolveTarget', () => {
  it.each<[string, TargetLevels, string]>([
    ['the command line stands above the request', { cli: { model: 'openai/gpt-4.1' }, request: { model: 'gpt-4o' } }, 'openai/gpt-4.1'],
    ['the request stands above the stage', { request: { model: 'gpt-4o' }, stage: { model: 'gemini/x' } }, 'openai/gpt-4o'],
    ['the stage stands above conclave.yaml', { stage: { provider: 'gemini' }, global: { provider: 'openai', model: 'gpt-4o' } }, 'gemini/gemini-2.0-flash-001'],
    ['conclave.yaml is better than nothing', { request: {}, global: { provider: 'openai', model: 'gpt-4.1' } }, 'openai/gpt-4.1'],
    ['a provider without a model takes its own default, not the model of another one', { request: { provider: 'openai' }, global: { provider: 'gemini', model: 'gemini-2.5-pro' } }, 'openai/gpt-4o-mini'],
    ['nor one that only its id tells to be another\'s', { stage: { provider: 'openai' }, global: { model: 'gemini-2.5-pro' } }, 'openai/gpt-4o-mini'],
    ['nor one that nobody knows', { stage: { provider: 'openai' }, global: { model: 'mystery' } }, 'openai/gpt-4o-mini'],
    ['a lower level\'s model counts where it is expressly this provider\'s', { cli: { provider: 'openai' }, global: { provider: 'openai', model: 'gpt-4.1' } }, 'openai/gpt-4.1'],
    ['also by its prefix', { cli: { provider: 'google' }, stage: { model: 'gpt-4o' }, global: { model: 'gemini/gemini-2.5-pro' } }, 'gemini/gemini-2.5-pro'],
    ['an alias is its provider', { request: { provider: 'google' } }, 'gemini/gemini-2.0-flash-001'],
    ['a model known of one provider needs none', { request: { model: 'gpt-4o' }, global: { provider: 'gemini' } }, 'openai/gpt-4o'],
    ['a model of several takes the lower level\'s provider', { request: { model: 'shared' }, global: { provider: 'groq' } }, 'groq/shared'],
    ['and so does one that nobody knows', { request: { model: 'new-model' }, global: { provider: 'openai' } }, 'openai/new-model'],
    ['both at one level are taken as they are', { request: { provider: 'groq', model: 'openai/gpt-oss' } }, 'groq/openai/gpt-oss'],
    ['a repeated prefix is one', { request: { provider: 'openai', model: 'openai/gpt-4o' } }, 'openai/gpt-4o'],
    ['a panel brings its own providers', { request: { model: 'composite/council/gpt-4o' }, global: { provider: 'gemini' } }, 'composite/council/gpt-4o'],
    ['and so does trio', { cli: { model: 'trio' } }, 'trio'],
    ['blank is not named', { request: { provider: ' ', model: '' }, global: { model: 'gpt-4o' } }, 'openai/gpt-4o'],
  ])('%s', (_, levels, name) => {
    expect(nameOf(levels)).toBe(name);
  });

  it.each<[string, TargetLevels, RegExp]>([
    ['nothing anywhere, with what would have worked', {}, /^model: Neither .*These would work: openai\/gpt-4o-mini, gemini\/gemini-2\.0-flash-001, gremium-consensus\.$/],
    ['a provider nobody has, with those there are', { request: { provider: 'opanai' } }, /^provider: Provider 'opanai' is not known\. Known are: openai, gemini, groq, trio\.$/],
    ['a provider without any model', { request: { provider: 'trio' }, global: { model: 'gpt-4o' } }, /^model: Provider 'trio' has no default model\. Name one, as "trio\/<model>"/],
    ['a model of several providers', { request: { model: 'shared' } }, /Write 'openai\/shared' or 'groq\/shared'/],
    ['a model nobody knows', { request: { model: 'gpt-99' } }, /Write '<provider>\/gpt-99'.*These would work/],
    ['a panel beside a provider', { request: { model: 'panel/fast', provider: 'openai' } }, /^provider: 'panel\/fast' chooses its own providers/],
  ])('refuses %s', (_, levels, message) => {
    expect(nameOf(levels)).toMatch(message);
  });

  it('takes the registry\'s own default last', () => {
    const result = resolveTarget({}, { ...directory, registryProvider: () => 'gemini' });
    expect(result).toMatchObject({ ok: true, target: { name: 'gemini/gemini-2.0-flash-001', cliProviderOverride: false, cliModelOverride: false } });
  });

  it.each<[string, TargetLevels, [boolean, boolean]]>([
    ['none', { request: { provider: 'openai', model: 'gpt-4o' } }, [false, false]],
    ['the provider', { cli: { provider: 'openai' }, global: { provider: 'openai', model: 'gpt-4.1' } }, [true, false]],
    ['the model', { cli: { model: 'gpt-4o' }, global: { provider: 'gemini' } }, [false, true]],
    ['both', { cli: { provider: 'openai', model: 'gpt-4o' }, global: { provider: 'gemini' } }, [true, true]],
    ['both, by a prefix', { cli: { model: 'openai/gpt-4o' } }, [true, true]],
  ])('tells what the command line has overridden: %s', (_, levels, overrides) => {
    const result = resolveTarget(levels, directory);
    expect(result.ok && [result.target.cliProviderOverride, result.target.cliModelOverride]).toEqual(overrides);
  });
});
