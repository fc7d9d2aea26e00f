import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { loadConfig } from './config.js';
import { environmentSchema } from './env.schema.js';
import { parseConclaveFile } from './read-conclave-file.js';

const home = mkdtempSync(join(tmpdir(), 'conclave-config-'));
const load = (source: Record<string, string>) => loadConfig({ CONCLAVE_HOME: home, ...source });

function faultsOf(source: Record<string, string>): readonly string[] {
  try {
    load(source);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'conclave-file-')), 'conclave.yaml');
  writeFileSync(path, text);
  return path;
}

describe('the environment', () => {
  it('needs nothing', () => {
    expect(load({})).toMatchObject({ port: 8000, host: '127.0.0.1', home, policy: 'interactive', simulated: true, simulatedUrl: null, filePath: null });
  });

  it('takes PORT before TRIO_PORT, and treats empty values as unset', () => {
    expect(load({ TRIO_PORT: '9000' }).port).toBe(9000);
    expect(load({ TRIO_PORT: '9000', PORT: '9001' }).port).toBe(9001);
    expect(load({ TRIO_PORT: '9000', PORT: '' }).port).toBe(9000);
  });

  it.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ OPENAI_API_KEY: '' }, true],
    [{ OPENAI_API_KEY: 'sk-1' }, false],
    [{ LITELLM_API_KEY: 'sk-1' }, false],
    [{ OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1' }, false],
    [{ OPENAI_API_KEY: 'sk-1', CONCLAVE_SIMULATED: 'on' }, true],
    [{ CONCLAVE_SIMULATED: 'off' }, false],
  ])('%j: simulated %p', (source, simulated) => {
    expect(load(source).simulated).toBe(simulated);
  });

  it('knows which providers were chosen, by key, by address or in conclave.yaml', () => {
    expect(load({}).chosenProviders).toEqual([]);
    const yaml = file('providers: {mine: {base_url: "http://127.0.0.1:1/v1"}}');
    const source = { GOOGLE_API_KEY: 'k', TRIO_BACKEND_URL: 'http://127.0.0.1:4000', LITELLM_API_KEY: 'k', CONCLAVE_CONFIG: yaml };
    expect(load(source).chosenProviders).toEqual(['gemini', 'trio', 'mine']);
  });

  it('tells every fault at once, each with variable, value and way out', () => {
    const faults = faultsOf({ PORT: '70000', TRIO_TIMEOUT: 'soon', OPENAI_BASE_URL: 'nonsense', CONCLAVE_CONFIG: '/nowhere/conclave.yaml' });
    expect(faults).toHaveLength(4);
    for (const start of ["PORT is '70000'", "TRIO_TIMEOUT is 'soon'", "OPENAI_BASE_URL is 'nonsense'"]) expect(faults.some((fault) => fault.startsWith(start))).toBe(true);
    for (const fault of faults) expect(fault).toMatch(/(Correct|Create) /);
  });

  it('never echoes a secret', () => {
    const secret = 'sk-very-secret';
    const yaml = file(`providers:\n  mine:\n    base_url: http://user:${secret}@127.0.0.1/v1\n    api_key_env: ${secret}\n    headers: { authorization: ["${secret}"] }\n`);
    const text = faultsOf({ OPENAI_BASE_URL: `htp//user:${secret}@x`, TEMPORAL_UI_URL: `x://u:${secret}@h y`, CONCLAVE_CONFIG: yaml }).join('\n');
    expect(text).toContain('OPENAI_BASE_URL');
    expect(text).toContain('api_key_env');
    expect(text).not.toContain(secret);
  });

  it('finds a signing key that is none at the start, not at the first export', () => {
    const [fault = ''] = faultsOf({ BENCH_SIGNING_PRIVATE_KEY: 'c2hvcnQtc2VjcmV0' });
    expect(fault).toMatch(/^BENCH_SIGNING_PRIVATE_KEY is \(16 characters, not shown\): neither PEM nor base64 of 32 bytes \(it decodes to 12\)\./);
    expect(fault).not.toContain('c2hvcnQ');
    expect(faultsOf({ BENCH_SIGNING_PRIVATE_KEY: Buffer.alloc(32, 7).toString('base64') })).toEqual([]);
  });

  it('is written down in .env.example, name by name', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const names = [...example.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1] ?? '');
    expect(names.sort()).toEqual(Object.keys(environmentSchema.shape).sort());
    expect(new Set(names).size).toBe(names.length);
  });

  it('is valid as .env.example writes it', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const source = Object.fromEntries([...example.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']));
    expect(load({ ...source, CONCLAVE_HOME: home })).toMatchObject({ simulated: true, port: 8000 });
  });
});

describe('conclave.yaml', () => {
  const parse = (text: string) => parseConclaveFile(text, 'conclave.yaml');
  const faults = (text: string): string[] => {
    const result = parse(text);
    return result.ok ? [] : result.faults;
  };

  it('may be empty', () => {
    expect(parse('')).toMatchObject({ ok: true, file: { limits: { max_members: 8, deadline_ms: 120_000 }, panels: {} } });
  });

  it('is valid as conclave.example.yaml writes it, and explains every key there', () => {
    const example = readFileSync(new URL('../../conclave.example.yaml', import.meta.url), 'utf8');
    expect(faults(example)).toEqual([]);
    for (const key of ['providers', 'panels', 'default_panel', 'default_models', 'limits', 'tools', 'default_tool_executor', 'requests_per_minute', 'call_timeout_ms', 'stop_at', 'layers', 'self', 'samples', 'self_vote', 'quorum', 'grace', 'rule', 'order', 'tool_executor', 'headers', 'api_key_env'])
      expect(example).toContain(`${key}:`);
  });

  it.each<[string, RegExp]>([
    ['panels: [', /line 1: .*It must be YAML/],
    ['panels: {a: {strategy: council}, a: {strategy: moa}}', /line 1/],
    ['panles: {}', /panles/],
    ['limits: {max_members: 17}', /limits\.max_members is '17'/],
    ['panels: {a: {strategy: debate}}', /panels\.a\.strategy is 'debate'/],
    ['panels: {a: {strategy: council, options: {hedge: 1}}}', /panels\.a\.options: .*hedge/],
    ['panels: {a: {strategy: council, members: [{model: x, temperatur: 1}]}}', /panels\.a\.members\.0: .*temperatur/],
    ['panels: {a: {strategy: moa, reviewers: [x]}}', /'moa' has no reviewers/],
    ['panels: {a: {strategy: rank, chairman: x}}', /'rank' has no chairman/],
    ['panels: {a: {strategy: single, members: [x, y]}}', /exactly one member/],
    ['panels: {a: {strategy: rank, members: [panel/b]}}', /'panel\/b', which 'panels' does not define/],
    ['panels: {a: {strategy: rank, members: [panel/a]}}', /contains itself: a → a/],
    ['panels: {a: {strategy: rank, members: [panel/b]}, b: {strategy: rank, reviewers: [panel/a]}}', /contains itself: a → b → a/],
    ['{default_panel: a, panels: {a: {strategy: rank, members: [gremium-consensus]}}}', /contains itself: a → a/],
    ['panels: {a: {strategy: rank, members: [panel/b]}, b: {strategy: rank, members: [panel/c]}, c: {strategy: rank, members: [panel/d]}, d: {strategy: rank}}', /nests deeper than 2: a → b → c → d/],
    ['default_panel: a', /default_panel is 'a'/],
    ['panels: {a: {strategy: moa, tool_executor: {tools: [weather]}}}', /'weather', which 'tools' does not define/],
    ['default_tool_executor: {tools: [weather]}', /default_tool_executor names 'weather'/],
  ])('%s is refused', (text, message) => {
    expect(faults(text).join('\n')).toMatch(message);
  });

  it('may nest panels to depth 2', () => {
    expect(faults('panels: {a: {strategy: rank, members: [panel/b]}, b: {strategy: rank, members: [panel/c]}, c: {strategy: rank}}')).toEqual([]);
  });

  it('takes keys and headers of custom providers from the environment, and says which are missing', () => {
    const yaml = file('providers:\n  mine:\n    base_url: http://127.0.0.1:1/v1/\n    api_key_env: MINE_KEY\n    headers: { x-token: "Token ${MINE_TOKEN}" }\n');
    expect(load({ CONCLAVE_CONFIG: yaml, MINE_KEY: 'k', MINE_TOKEN: 't' })).toMatchObject({
      simulated: false,
      customProviders: [{ name: 'mine', baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'k', headers: { 'x-token': 'Token t' } }],
    });
    expect(faultsOf({ CONCLAVE_CONFIG: yaml }).join('\n')).toMatch(/MINE_KEY is missing.*\n?.*MINE_TOKEN is missing/);
  });

  it('can not rename a built-in provider', () => {
    expect(faultsOf({ CONCLAVE_CONFIG: file('providers: {openai: {base_url: "http://127.0.0.1/v1"}}') }).join()).toMatch(/name is taken/);
  });
});
