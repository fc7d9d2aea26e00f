import { describe, expect, it } from '@jest/globals';
import type { ConclaveExtensions, ConclaveOptions, ConsensusParameters } from '../../domain/chat/conclave-extensions.js';
import type { MemberPlan, StrategyPlan } from '../../domain/chat/plan.js';
import { conclaveFileSchema, type PanelDefinition } from '../config/conclave-file.schema.js';
import type { ModelDirectory } from './model-directory.js';
import { planCompletion } from './plan-completion.js';
import type { PlanQuestion, PlanResult } from './plan-result.js';

const registry: Record<string, string[]> = {
  openai: ['gpt-4o', 'gpt-4o-mini'],
  anthropic: ['claude-sonnet-4-5'],
  gemini: ['gemini-2.5-flash'],
  groq: ['llama-3.3-70b'],
  together: ['llama-3.3-70b', 'meta-llama/Llama-4'],
  cerebras: ['qwen-3-32b'],
};
const configured = ['openai', 'anthropic', 'gemini', 'together', 'trio', 'simulated'];

const directory: ModelDirectory = {
  provider: (name) => (name === 'google' ? 'gemini' : [...Object.keys(registry), 'trio', 'simulated'].includes(name) ? name : null),
  isConfigured: (provider) => configured.includes(provider),
  howToConfigure: (provider) => `Set ${provider.toUpperCase()}_API_KEY and start again.`,
  providersOf: (model) => Object.entries(registry).flatMap(([provider, models]) => (models.includes(model) ? [provider] : [])),
  disabled: (_, model) => (model === 'gpt-4-disabled' ? 'it is disabled. Enable it.' : null),
  acceptsImages: (provider, model) => (provider === 'openai' ? true : model === 'qwen-3-32b' ? false : null),
  names: () => ['trio', 'gremium-consensus', 'panel/fast', ...Object.entries(registry).flatMap(([provider, models]) => models.map((model) => `${provider}/${model}`))],
};

const panels: Record<string, PanelDefinition> = {
  fast: { strategy: 'rank', members: ['openai/gpt-4o-mini', 'gemini/gemini-2.5-flash'], options: { rule: 'copeland', grace: { ratio: 1 } } },
  council: { strategy: 'council', members: ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5'], reviewers: ['gemini/gemini-2.5-flash'], chairman: ['anthropic/claude-sonnet-4-5', 'openai/gpt-4o'] },
  nested: { strategy: 'council', members: ['panel/fast', 'openai/gpt-4o'], chairman: 'openai/gpt-4o' },
  deeper: { strategy: 'rank', members: ['panel/nested', 'openai/gpt-4o'] },
  deepest: { strategy: 'rank', members: ['panel/deeper', 'openai/gpt-4o'] },
  tooled: { strategy: 'moa', chairman: 'openai/gpt-4o', tool_executor: { tools: ['weather'] } },
};

interface Ask {
  model: string;
  parameters?: ConsensusParameters;
  options?: ConclaveOptions;
  n?: number;
  seed?: number;
  hasTools?: boolean;
  jsonSchema?: Record<string, unknown>;
  file?: Record<string, unknown>;
  simulated?: string[];
}

function plan({ model, parameters = {}, options = {}, n = 1, seed, hasTools = false, jsonSchema, file = {}, simulated = ['simulated'] }: Ask): PlanResult {
  const extensions: ConclaveExtensions = { parameters, options };
  const question: PlanQuestion = { model, extensions, n, seed, hasTools, jsonSchema: jsonSchema ?? null };
  const settings = {
    file: conclaveFileSchema.parse({ panels, tools: { weather: { url: 'http://tools.example' } }, ...file }),
    panelVersions: new Map([['council', 3]]),
    defaultMembers: ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash'],
    trioModels: ['default', 'llama3.2-3b', 'mistral'],
    trioTimeoutMs: 60_000,
    isSimulated: (provider: string) => simulated.includes(provider),
  };
  return planCompletion(question, { settings, directory, randomSeed: 42 });
}

function planned(ask: Ask): StrategyPlan {
  const result = plan(ask);
  if (!result.ok) throw new Error(result.message);
  return result.plan;
}

function fault(ask: Ask) {
  const result = plan(ask);
  if (result.ok) throw new Error('expected a fault');
  return result;
}

const labels = (members: MemberPlan[]): string[] => members.map((member) => member.label);
const defaults = ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash'];

describe('model names', () => {
  it.each<[string, string, string[], string[]]>([
    ['openai/gpt-4o', 'single', ['openai/gpt-4o'], []],
    ['google/gemini-2.5-flash', 'single', ['gemini/gemini-2.5-flash'], []],
    ['openai/not-in-the-registry', 'single', ['openai/not-in-the-registry'], []],
    ['simulated/anything/with/slashes', 'single', ['simulated/anything/with/slashes'], []],
    ['gpt-4o-mini', 'single', ['openai/gpt-4o-mini'], []],
    ['meta-llama/Llama-4', 'single', ['together/meta-llama/Llama-4'], []],
    ['gremium-consensus', 'council', defaults, defaults],
    ['gremium-consensus-anthropic', 'council', defaults, defaults],
    ['trio', 'approve', ['trio/default', 'trio/llama3.2-3b', 'trio/mistral'], []],
    ['composite/moa/gpt-4o', 'moa', defaults, ['openai/gpt-4o']],
    ['composite/council/openai/gpt-4o', 'council', defaults, ['openai/gpt-4o']],
    ['composite/fuse/together/meta-llama/Llama-4', 'fuse', defaults, ['together/meta-llama/Llama-4']],
    ['composite/vote/gpt-4o', 'vote', ['openai/gpt-4o'], []],
    ['composite/approve/gpt-4o', 'approve', ['openai/gpt-4o', ...defaults], []],
    ['composite/rank/openai/gpt-4o-mini', 'rank', defaults, []],
    ['composite/single/gpt-4o', 'single', ['openai/gpt-4o'], []],
    ['panel/council', 'council', ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5'], ['anthropic/claude-sonnet-4-5', 'openai/gpt-4o']],
    ['panel/tooled', 'moa', defaults, ['openai/gpt-4o']],
  ])('%s is %s', (model, strategy, members, chairmen) => {
    const found = planned({ model });
    expect([found.strategy, labels(found.members), labels(found.chairmen)]).toEqual([strategy, members, chairmen]);
  });

  it('names a stored panel with its version', () => {
    expect(planned({ model: 'panel/council' })).toMatchObject({ panel: { name: 'council', version: 3 }, reviewers: [{ label: 'gemini/gemini-2.5-flash' }] });
  });

  it('takes the default panel of conclave.yaml for gremium-consensus, and its members for panels without any', () => {
    const file = { default_panel: 'council' };
    expect(planned({ model: 'gremium-consensus', file })).toMatchObject({ panel: { name: 'council', version: 3 } });
    expect(labels(planned({ model: 'composite/moa/gpt-4o', file }).members)).toEqual(['openai/gpt-4o', 'anthropic/claude-sonnet-4-5']);
  });

  it.each<[string, number, RegExp]>([
    ['openai/', 404, /not known/],
    ['gpt-4o-mni', 404, /openai\/gpt-4o-mini/],
    ['panel/fats', 404, /panel\/fast/],
    ['panel/__proto__', 404, /not defined/],
    ['composite/councill/gpt-4o', 404, /not a strategy/],
    ['composite/council', 404, /lacks a model/],
    ['composite/council/nobody', 404, /'nobody' is not known/],
    ['llama-3.3-70b', 404, /'groq\/llama-3.3-70b' or 'together\/llama-3.3-70b'/],
    ['groq/llama-3.3-70b', 404, /Set GROQ_API_KEY/],
    ['', 404, /not known/],
    ['simulated/a\0b', 404, /control characters/],
  ])('%s is a %i', (model, status, message) => {
    const found = fault({ model });
    expect([found.status, found.code, found.param]).toEqual([status, 'model_not_found', 'model']);
    expect(found.message).toMatch(message);
  });

  it('refuses a disabled model by name and as a member, saying how to enable it', () => {
    expect(plan({ model: 'openai/gpt-4-disabled' })).toMatchObject({ ok: false, status: 404, code: 'model_not_found', message: "Model 'openai/gpt-4-disabled' can't be used: it is disabled. Enable it." });
    expect(plan({ model: 'gremium-consensus', options: { members: ['openai/gpt-4-disabled', 'openai/gpt-4o'] } })).toMatchObject({ ok: false, status: 400, code: 'model_not_found', param: 'conclave.members.0' });
  });

  it('names the position of an unknown member', () => {
    expect(fault({ model: 'gremium-consensus', options: { members: ['openai/gpt-4o', 'nobody'] } })).toMatchObject({ status: 400, code: 'model_not_found', param: 'conclave.members.1' });
  });

  it('tells whether the simulated provider answers', () => {
    expect(plan({ model: 'simulated/alder' })).toMatchObject({ ok: true, simulated: true });
    expect(plan({ model: 'openai/gpt-4o' })).toMatchObject({ ok: true, simulated: false });
    // Where most are simulated, one that is reached is not.
    const most = ['simulated', 'anthropic', 'gemini'];
    expect(plan({ model: 'openai/gpt-4o', simulated: most })).toMatchObject({ ok: true, simulated: false });
    expect(plan({ model: 'composite/council/openai/gpt-4o', simulated: most })).toMatchObject({ ok: true, simulated: true });
  });

  it('says which members take images, where the registry knows', () => {
    expect(planned({ model: 'openai/gpt-4o' }).members[0]).toMatchObject({ acceptsImages: true });
    expect(planned({ model: 'anthropic/claude-sonnet-4-5' }).members[0]).not.toHaveProperty('acceptsImages');
  });
});

describe('members of trio', () => {
  it('go to the Trio backend unless they name a provider, and have its time-out', () => {
    const found = planned({ model: 'trio' });
    expect(found.members[0]).toMatchObject({ model: { provider: 'trio', model: 'default' } });
    expect(found.options).toMatchObject({ selfVote: 'include', callTimeoutMs: 60_000, deadlineMs: 120_000 });
  });

  it('may be named by the request, with the same rule', () => {
    expect(labels(planned({ model: 'trio', options: { members: ['openai/gpt-4o', 'mistral', 'gpt-4o-mini'] } }).members)).toEqual(['openai/gpt-4o', 'trio/mistral', 'openai/gpt-4o-mini']);
  });

  it('go to the backend where the registry model is of a provider without a key', () => {
    expect(labels(planned({ model: 'trio', options: { members: ['qwen-3-32b'] } }).members)).toEqual(['trio/qwen-3-32b']);
  });
});

describe('parameters', () => {
  it('of the request win over the panel, those of the panel over the default', () => {
    const own = planned({ model: 'panel/fast' });
    expect(own.options).toMatchObject({ rule: 'copeland', grace: { ratio: 1, minMs: 500, maxMs: 5_000 }, order: 'latin' });
    const asked = planned({ model: 'panel/fast', options: { rule: 'schulze', grace: { min_ms: 0 }, order: 'fixed' } });
    expect(asked.options).toMatchObject({ rule: 'schulze', grace: { ratio: 1, minMs: 0, maxMs: 5_000 }, order: 'fixed' });
  });

  it.each<[ConsensusParameters, ConclaveOptions, string[]]>([
    [{ council_models: ['gpt-4o'] }, {}, ['openai/gpt-4o']],
    [{ proposers: ['gpt-4o'] }, {}, ['openai/gpt-4o']],
    [{ proposers: ['gpt-4o'], council_models: ['gpt-4o-mini'] }, {}, ['openai/gpt-4o-mini']],
    [{ council_models: ['gpt-4o'] }, { members: ['gpt-4o-mini'] }, ['openai/gpt-4o-mini']],
  ])('%j and %j choose the council', (parameters, options, members) => {
    expect(labels(planned({ model: 'composite/council/gpt-4o', parameters, options }).members)).toEqual(members);
  });

  it('take proposers and aggregator first in moa', () => {
    const found = planned({ model: 'composite/moa/gpt-4o', parameters: { proposers: ['gpt-4o'], council_models: ['gpt-4o-mini'], aggregator: 'gpt-4o-mini', chairman_model: 'gpt-4o' } });
    expect([labels(found.members), labels(found.chairmen)]).toEqual([['openai/gpt-4o'], ['openai/gpt-4o-mini']]);
  });

  it('make a chain of several chairmen', () => {
    expect(labels(planned({ model: 'composite/council/gpt-4o', parameters: { chairman_model: ['gpt-4o-mini', 'gpt-4o'] } }).chairmen)).toEqual(['openai/gpt-4o-mini', 'openai/gpt-4o']);
    expect(labels(planned({ model: 'composite/council/gpt-4o', options: { chairman: 'gpt-4o-mini' } }).chairmen)).toEqual(['openai/gpt-4o-mini']);
  });

  it('let max_council_size cut members and reviewers', () => {
    const found = planned({ model: 'composite/council/gpt-4o', parameters: { max_council_size: 2, review_models: ['gpt-4o', 'gpt-4o-mini', 'gpt-4o'] } });
    expect([found.members.length, found.reviewers.length]).toEqual([2, 2]);
  });

  it('seat a member once per sample, with its own sampling', () => {
    const found = planned({ model: 'composite/moa/gpt-4o', options: { members: [{ model: 'gpt-4o-mini', samples: 2, temperature: 1, max_tokens: 50 }, 'gpt-4o'] } });
    expect(found.members.map((member) => [member.label, member.sampling])).toEqual([
      ['openai/gpt-4o-mini', { temperature: 1, maxOutputTokens: 50 }],
      ['openai/gpt-4o-mini', { temperature: 1, maxOutputTokens: 50 }],
      ['openai/gpt-4o', undefined],
    ]);
  });

  it('let the aggregator propose samples times in moa with self', () => {
    const found = planned({ model: 'composite/moa/gpt-4o', parameters: { self: true, samples: 3, layers: 2 } });
    expect(labels(found.members)).toEqual(['openai/gpt-4o', 'openai/gpt-4o', 'openai/gpt-4o']);
    expect(found.options).toMatchObject({ layers: 2, samples: 1 });
    expect(planned({ model: 'composite/moa/gpt-4o', parameters: { self: true } }).members).toHaveLength(6);
  });

  it('sample a lone voter nine times, several once', () => {
    expect(planned({ model: 'composite/vote/gpt-4o' }).options.samples).toBe(9);
    expect(planned({ model: 'composite/vote/gpt-4o', options: { members: ['gpt-4o', 'gpt-4o-mini'] } }).options.samples).toBe(1);
    expect(planned({ model: 'composite/vote/gpt-4o', parameters: { samples: 5 } }).options.samples).toBe(5);
  });

  it.each([
    ['single', 'include', 'final', 120_000],
    ['approve', 'include', 'members', 60_000],
    ['rank', 'omit', 'members', 60_000],
    ['council', 'exclude', 'final', 60_000],
    ['moa', 'include', 'final', 60_000],
  ])('default by strategy: %s', (strategy, selfVote, tools, callTimeoutMs) => {
    expect(planned({ model: `composite/${strategy}/gpt-4o` }).options).toMatchObject({
      selfVote, tools, callTimeoutMs, deadlineMs: 120_000, order: 'latin', rule: 'borda', quorum: { propose: null, vote: null }, grace: { ratio: 0.25, minMs: 500, maxMs: 5_000 }, n: 1,
    });
  });

  it('never give a call more time than the completion', () => {
    expect(planned({ model: 'gremium-consensus', options: { deadline_ms: 5_000 } }).options).toMatchObject({ deadlineMs: 5_000, callTimeoutMs: 5_000 });
  });

  it.each<[number | undefined, number | undefined, number]>([
    [7, 8, 7],
    [undefined, 8, 8],
    [undefined, -1, 2 ** 31 - 1],
    [undefined, undefined, 42],
  ])('seed %p and top-level seed %p give %i', (own, topLevel, seed) => {
    expect(planned({ model: 'gremium-consensus', options: own === undefined ? {} : { seed: own }, seed: topLevel }).options.seed).toBe(seed);
  });

  it('run the tools of conclave.yaml only for requests that bring tools', () => {
    expect(planned({ model: 'panel/tooled', hasTools: true }).options.toolExecutor).toEqual({ names: ['weather'], maxIterations: 5 });
    expect(planned({ model: 'panel/tooled' }).options.toolExecutor).toBeNull();
    const [nested] = planned({ model: 'panel/tooled', hasTools: true, options: { members: ['panel/fast'] } }).members;
    expect(nested?.kind === 'panel' && nested.plan.options.toolExecutor).toEqual({ names: ['weather'], maxIterations: 5 });
    const file = { default_tool_executor: { tools: ['weather'], max_iterations: 2 } };
    expect(planned({ model: 'openai/gpt-4o', hasTools: true, file }).options.toolExecutor).toEqual({ names: ['weather'], maxIterations: 2 });
    expect(planned({ model: 'panel/fast', hasTools: true, file }).options.toolExecutor).toBeNull();
  });
});

describe('limits', () => {
  const many = (count: number) => Array.from({ length: count }, () => 'gpt-4o');

  it('allow eight members, and sixteen by configuration', () => {
    expect(planned({ model: 'composite/moa/gpt-4o', parameters: { proposers: many(8) } }).members).toHaveLength(8);
    expect(fault({ model: 'composite/moa/gpt-4o', parameters: { proposers: many(9) } })).toMatchObject({ status: 400, code: 'invalid_value', param: 'proposers' });
    expect(planned({ model: 'composite/moa/gpt-4o', parameters: { proposers: many(16) }, file: { limits: { max_members: 16 } } }).members).toHaveLength(16);
  });

  it.each<[string, Ask]>([
    ['n', { model: 'gremium-consensus', n: 2 }],
    ['n', { model: 'openai/gpt-4o', n: 2 }],
    ['n', { model: 'panel/fast', n: 3 }],
    ['n', { model: 'composite/vote/gpt-4o', parameters: { samples: 3 }, n: 4 }],
    ['response_format', { model: 'panel/fast', jsonSchema: { pattern: '^(a+)+$' } }],
    ['conclave.chairman', { model: 'gremium-consensus', options: { chairman: many(9) } }],
    ['review_models', { model: 'composite/moa/gpt-4o', parameters: { review_models: ['gpt-4o'] } }],
    ['chairman_model', { model: 'panel/fast', parameters: { chairman_model: 'gpt-4o' } }],
    ['conclave.chairman', { model: 'trio', options: { chairman: 'gpt-4o' } }],
    ['proposers', { model: 'openai/gpt-4o', parameters: { proposers: ['gpt-4o'] } }],
    ['layers', { model: 'gremium-consensus', parameters: { layers: 2 } }],
    ['samples', { model: 'gremium-consensus', parameters: { samples: 2 } }],
    ['samples', { model: 'composite/moa/gpt-4o', parameters: { self: true, samples: 9 } }],
    ['conclave.quorum.propose', { model: 'gremium-consensus', options: { quorum: { propose: 4 } } }],
    ['conclave.quorum.vote', { model: 'gremium-consensus', options: { quorum: { vote: 4 } } }],
    ['conclave.chairman', { model: 'gremium-consensus', options: { chairman: 'panel/fast' } }],
  ])('refuse %s: %j', (param, ask) => {
    expect(fault(ask)).toMatchObject({ status: 400, code: 'invalid_value', param });
  });

  it('let n through where candidates compete', () => {
    expect(planned({ model: 'panel/fast', n: 2 }).options.n).toBe(2);
    expect(planned({ model: 'composite/vote/gpt-4o', n: 9 }).options.n).toBe(9);
  });

  it('hand any schema on to a plain model, which answers unchecked', () => {
    expect(planned({ model: 'openai/gpt-4o', jsonSchema: { pattern: '^(a+)+$' } }).options.jsonSchema).toEqual({ pattern: '^(a+)+$' });
    expect(planned({ model: 'panel/fast', jsonSchema: { pattern: '^a+$' } }).options.jsonSchema).toEqual({ pattern: '^a+$' });
  });
});

describe('panels inside panels', () => {
  it('are planned with their own parameters, seed and no more time than the outer one', () => {
    const [inner] = planned({ model: 'panel/nested', options: { deadline_ms: 9_000 } }).members;
    if (inner?.kind !== 'panel') throw new Error('expected a panel');
    expect(inner.label).toBe('panel/fast');
    expect(inner.plan).toMatchObject({ strategy: 'rank', options: { rule: 'copeland', deadlineMs: 9_000, n: 1 } });
    expect(inner.plan.options.seed).not.toBe(42);
  });

  it('nest to depth 2', () => {
    expect(planned({ model: 'panel/deeper' }).strategy).toBe('rank');
    expect(fault({ model: 'panel/deepest' })).toMatchObject({ status: 400, param: 'model', message: expect.stringContaining('deeper than 2') });
  });

  it('never contain themselves', () => {
    expect(fault({ model: 'panel/fast', options: { members: ['panel/fast', 'gpt-4o'] } })).toMatchObject({ status: 400, param: 'conclave.members.0', message: expect.stringContaining('contains itself') });
    expect(fault({ model: 'panel/fast', options: { members: ['panel/nested'] } })).toMatchObject({ status: 400, param: 'conclave.members.0' });
  });
});

it('gives equal plans for equal questions', () => {
  expect(planned({ model: 'panel/nested' })).toEqual(planned({ model: 'panel/nested' }));
});
