import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseModelRegistry, registryPath } from '../../config/model-registry.js';
import { ProviderFailure } from '../../providers/provider-failure.js';
import type { ListedModel, Provider, ProviderResponse } from '../../providers/provider.js';
import { chatModels } from './listed-models.js';
import { RegistryFile } from './registry-file.js';
import { updateRegistry, type PricePage, type UpdateReport } from './update-registry.js';

const listed = (id: string, more: Partial<ListedModel> = {}): ListedModel => ({ id, displayName: null, contextTokens: null, outputTokens: null, ...more });
const text = `# head
sources:
  hand: { source: hand, date: 2026-01-01, verified: true } # by hand
providers:
  openai:
    display_name: OpenAI
    env_var: OPENAI_API_KEY
    sdk: x
    base_url: null
    default_model: a
    models:
      # the default
      a:
        display_name: A
        input_per_million: 1
        output_per_million: 2
        price_source: hand # checked
        capabilities: { tools: true }
      other-name: { display_name: Other, alias_of: a }
      gone: { display_name: Gone }
`;

function provider(models: ListedModel[] | ProviderFailure, answers: string[] = []): Provider & { asked: string[] } {
  const asked: string[] = [];
  return {
    name: 'spec',
    batch: null,
    asked,
    listModels: () => (models instanceof ProviderFailure ? Promise.reject(models) : Promise.resolve(models)),
    generate: (request): Promise<ProviderResponse> => {
      asked.push(JSON.stringify(request));
      return Promise.resolve({ text: answers[asked.length - 1] ?? '', toolCalls: [], finishReason: 'stop', usage: null, droppedParameters: [], firstTokenAt: null });
    },
  };
}

function update(from: string, spec: Provider, pages: PricePage[] = []): Promise<UpdateReport> {
  return updateRegistry({ text: from, providers: ['openai'], provider: () => spec, pages, reader: pages.length > 0 ? { provider: spec, model: 'cheap' } : null, date: '2026-11-21', signal: new AbortController().signal });
}

const page = (words: string): PricePage => ({ provider: 'openai', name: 'pricing.txt', text: words });
const priced = (...prices: [string, number, number, (number | null)?][]): string => JSON.stringify({ prices: prices.map(([model, input, output, cached = null]) => ({ model, input_usd_per_million: input, output_usd_per_million: output, cached_input_usd_per_million: cached })) });

describe('chatModels', () => {
  it('keeps bare o1 and o3, and what they are suffixed with', () => {
    const ids = ['o1', 'o3', 'o1-pro', 'o4-mini', 'gpt-4o', 'chatgpt-4o-latest', 'omni-moderation-latest', 'gpt-4o-audio-preview', 'gpt-realtime', 'gpt-image-1', 'whisper-1', 'tts-1', 'dall-e-3', 'text-embedding-3-small', 'o1x'];
    expect(chatModels('openai', ids.map((id) => listed(id))).map(({ id }) => id)).toEqual(['o1', 'o3', 'o1-pro', 'o4-mini', 'gpt-4o', 'chatgpt-4o-latest']);
  });

  it('knows the families of the others', () => {
    expect(chatModels('gemini', ['gemini-2.5-pro', 'gemini-2.5-flash-tts', 'gemini-flash-latest', 'gemini-embedding-001', 'aqa', 'gemma-3'].map((id) => listed(id))).map(({ id }) => id)).toEqual(['gemini-2.5-pro']);
    expect(chatModels('anthropic', ['claude-x', 'other'].map((id) => listed(id))).map(({ id }) => id)).toEqual(['claude-x']);
    expect(chatModels('groq', ['llama', 'whisper-large'].map((id) => listed(id))).map(({ id }) => id)).toEqual(['llama']);
  });
});

describe('the file', () => {
  it('is itself, letter by letter, after being parsed and written', () => {
    const own = readFileSync(registryPath(), 'utf8');
    const file = new RegistryFile(own);
    file.addSource('spec', { source: 'x', date: '2026-01-01', verified: false });
    const lines = new Set(file.text().split('\n'));
    expect(own.split('\n').filter((line) => !lines.has(line))).toEqual([]);
    expect(file.text().split('\n')).toHaveLength(own.split('\n').length + 4);
  });
});

describe('updateRegistry', () => {
  it('adds what is new without making anything up, keeps comments, never removes, and warns of what is gone', async () => {
    const report = await update(text, provider([listed('a', { contextTokens: 128_000 }), listed('gpt-new', { displayName: 'New', outputTokens: 4_096 }), listed('whisper-1')]));
    for (const line of text.trimEnd().split('\n')) expect(report.text).toContain(line.trim());
    const { models } = parseModelRegistry(report.text).providers['openai'] ?? {};
    expect(Object.keys(models ?? {})).toEqual(['a', 'other-name', 'gone', 'gpt-new']);
    expect(models?.['gpt-new']).toEqual({ display_name: 'New', output_tokens: 4_096, capabilities: {} });
    expect(models?.['a']).toMatchObject({ context_tokens: 128_000, input_per_million: 1 });
    expect(report.warnings.map((warning) => warning.split(' ')[0])).toEqual(['openai/other-name', 'openai/gone']);
    expect(report.notes.join('\n')).toContain('openai/gpt-new has no price');
  });

  it('changes nothing the second time', async () => {
    const models = [listed('a', { contextTokens: 1_000 }), listed('gpt-new')];
    const answers = [priced(['a', 3, 5])];
    const first = await update(text, provider(models, answers), [page('$3 and $5')]);
    const second = await update(first.text, provider(models, answers), [page('$3 and $5')]);
    expect(first.changes).toHaveLength(3);
    expect([second.changes, second.text === first.text]).toEqual([[], true]);
  });

  it('halves standard prices and records source, date and that nobody checked them', async () => {
    const { text: updated } = await update(text, provider([], [priced(['a', 3, 5, 0.5])]), [page('a: $3.00 in, $5 out, cached $0.50')]);
    const registry = parseModelRegistry(updated);
    expect(registry.providers['openai']?.models['a']).toMatchObject({ input_per_million: 1.5, output_per_million: 2.5, cached_input_per_million: 0.25, price_source: 'openai-pricing.txt-2026-11-21' });
    expect(registry.sources['openai-pricing.txt-2026-11-21']).toEqual({ source: 'pricing.txt, read by cheap', date: '2026-11-21', verified: false });
    expect(registry.sources['hand']).toEqual({ source: 'hand', date: '2026-01-01', verified: true });
  });

  it.each<[string, [string, number, number, (number | null)?][], string, RegExp]>([
    ['more than twice the old one', [['a', 4.1, 4]], '4.1 4', /input moved by more than 2×/],
    ['less than half of it', [['a', 2, 1.9]], '2 1.9', /output moved by more than 2×/],
    ['of nothing', [['a', 0, 4]], '0 4', /input moved by more than 2×/],
    ['with a figure that does not stand in the page', [['a', 2.5, 4]], 'costs 4', /2\.5 does not stand in the page/],
    ['of a model without a price', [['gone', 2, 4]], '2 4', /no old price/],
    ['of an alias that disagrees', [['other-name', 3, 4]], '3 4', /alias/],
    ['given twice', [['a', 3, 4], ['a', 2.5, 4]], '3 2.5 4', /several prices/],
  ])('holds a price %s for review', async (_, prices, words, reason) => {
    const report = await update(text, provider([listed('a'), listed('other-name'), listed('gone')], [priced(...prices)]), [page(words)]);
    expect(report.text).toBe(text);
    expect(report.held[0]?.reason).toMatch(reason);
    expect(report.warnings[0]).toContain('held for review');
  });

  it('holds a price on which two pages disagree, in either order, and takes one on which they agree', async () => {
    const pages = [page('$3 and $5'), { ...page('$2.5 and $5'), name: 'other.txt' }];
    const answers = [priced(['a', 3, 5]), priced(['a', 2.5, 5])];
    for (const order of [0, 1]) {
      const report = await update(text, provider([], order === 0 ? answers : [...answers].reverse()), order === 0 ? pages : [...pages].reverse());
      expect([report.text === text, report.changes, new Set(report.held.map(({ reason }) => reason)).size, report.held.length]).toEqual([true, [], 1, 2]);
      expect(report.held[0]?.reason).toMatch(/several prices/);
    }
    const agreed = await update(text, provider([], [answers[0] ?? '', answers[0] ?? '']), [page('$3 and $5'), { ...page('$3 and $5'), name: 'other.txt' }]);
    expect([agreed.changes.length, agreed.held]).toEqual([1, []]);
  });

  it('takes a price at the bounds, and leaves one that only rounding changed', async () => {
    expect((await update(text, provider([], [priced(['a', 4, 2])]), [page('4 2')])).held).toEqual([]);
    expect((await update(text, provider([], [priced(['a', 2.001, 4])]), [page('2.001 4')])).text).toBe(text);
  });

  it('says which page was too long to be read whole', async () => {
    const report = await update(text, provider([], [priced(['a', 3, 5])]), [page(`$3 and $5${' '.repeat(50_000)}$9`)]);
    expect([report.changes.length, report.warnings.at(-1)]).toEqual([1, expect.stringContaining('pricing.txt: only the first 50000 of its 50011 characters')]);
  });

  it('ignores ids that the file does not have, and asks once more for JSON', async () => {
    const reader = provider([], ['I think', priced(['gpt-99', 1, 1])]);
    const report = await update(text, reader, [page('1')]);
    expect([report.text === text, reader.asked.length]).toEqual([true, 2]);
    expect(report.notes.join()).toContain("prices 'gpt-99'");
    expect(reader.asked[0]).toContain('a, other-name, gone');
    const failing = await update(text, provider([], ['no', 'no']), [page('1')]);
    expect([failing.isPartial, failing.warnings.at(-1)]).toEqual([true, expect.stringContaining('pricing.txt: cheap gave no list of prices')]);
  });

  it('keeps the default of a provider that had no models, though its list lacks it', async () => {
    const empty = `sources: {}\nproviders:\n  openai: { display_name: O, env_var: null, sdk: x, base_url: null, default_model: gpt-default }\n`;
    const report = await update(empty, provider([listed('gpt-other')]));
    expect(Object.keys(parseModelRegistry(report.text).providers['openai']?.models ?? {})).toEqual(['gpt-default', 'gpt-other']);
    expect(report.warnings.join()).toContain("openai/gpt-default is not in the provider's list");
    expect((await update(report.text, provider([listed('gpt-other')]))).text).toBe(report.text);
  });

  it('goes on without a provider that does not answer, and says so', async () => {
    const report = await update(text, provider(new ProviderFailure({ code: 'auth', provider: 'openai', model: '', message: 'openai refuses' })));
    expect(report).toMatchObject({ text, isPartial: true, warnings: ['openai refuses'] });
  });
});
