import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unzipSync, zipSync } from 'fflate';
import { manifestBytes } from '../../domain/exports/export-manifest.js';
import { runDocumentSchema, type RunDocumentSample } from '../../domain/exports/run-document.js';
import { sampleRun } from '../../test/support/sample-run.js';
import { packArchive } from './packed-archive.js';
import { resultsCsv } from './results-csv.js';
import { resultsJson, resultsJsonLines } from './results-json.js';
import { resultsMarkdown } from './results-markdown.js';
import { resultsPdf } from './results-pdf.js';
import { signedArchive } from './signed-archive.js';
import { homeSigningKey, parseSigningKey, rotateSigningKey, signingKeyFile, type SigningKey } from './signing-key.js';
import { verifyArchive } from './verify-archive.js';

const folder = mkdtempSync(join(tmpdir(), 'conclave-exports-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

async function text(pieces: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const piece of pieces) all += piece;
  return all;
}

async function bytes(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function file(content: Uint8Array): string {
  const path = join(folder, `${String(Math.random()).slice(2)}.zip`);
  writeFileSync(path, content);
  return path;
}

/** Rows and fields of a CSV by RFC 4180. */
function tableOf(csv: string): string[][] {
  const table: string[][] = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    table.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\n') table.push([]);
  }
  return table.filter((row) => row.length > 1);
}

describe('a signed archive', () => {
  let key: SigningKey;
  let archive: Buffer;
  beforeAll(async () => {
    key = homeSigningKey(folder);
    archive = await bytes(signedArchive(sampleRun(), key, new Date('2026-11-21T12:00:00Z')));
  });

  it('verifies, and its results are the run', async () => {
    const verification = await verifyArchive(file(archive), []);
    expect(verification).toMatchObject({ valid: true, signatureValid: true, hashMatch: true, keyTrusted: null, errors: [], fingerprint: key.id });
    expect(verification.manifest).toMatchObject({ run_id: 'run_1', key_id: key.id, run: { provider: 'gremium-openai', metadata: { gremium_version: '0.1.0' } } });
    const document = runDocumentSchema.parse(JSON.parse(Buffer.from(unzipSync(archive)['results.json'] ?? []).toString()));
    expect(document.benchmarks[0]?.samples).toHaveLength(3);
  });

  it('is the same for the same run, time and key', async () => {
    expect((await bytes(signedArchive(sampleRun(), key, new Date('2026-11-21T12:00:00Z')))).equals(archive)).toBe(true);
  });

  it('knows the keys it is to trust, by key and by fingerprint', async () => {
    const path = file(archive);
    expect(await verifyArchive(path, [key.publicKey.toString('base64')])).toMatchObject({ valid: true, keyTrusted: true });
    expect(await verifyArchive(path, [key.id])).toMatchObject({ valid: true, keyTrusted: true });
    expect(await verifyArchive(path, ['0'.repeat(64)])).toMatchObject({ valid: false, keyTrusted: false });
  });

  it('fails whichever byte is changed', async () => {
    const path = file(archive);
    const passed: number[] = [];
    for (let index = 0; index < archive.length; index += index < 80 || index > archive.length - 320 ? 1 : 7) {
      const changed = Buffer.from(archive);
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
      writeFileSync(path, changed);
      if ((await verifyArchive(path, [])).valid) passed.push(index);
    }
    expect(archive.length).toBeGreaterThan(1_000);
    expect(passed).toEqual([]);
  }, 120_000);

  const remadeFrom = async (parts: Record<string, Uint8Array>, names: readonly string[], deflated: readonly string[] = ['results.json']) =>
    bytes(packArchive(names.map((name) => ({ name, bytes: parts[name]?.length ?? 0, crc32: crc32(parts[name] ?? ''), method: deflated.includes(name) ? 'deflated' as const : 'stored' as const, packed: () => [Buffer.from(deflated.includes(name) ? deflateRawSync(parts[name] ?? '') : (parts[name] ?? ''))] }))));
  const names = ['results.json', 'manifest.json', 'signature.txt', 'public_key.txt'];

  it('says which file was changed, taken away or added', async () => {
    const parts = unzipSync(archive);
    const remade = (change: Record<string, Uint8Array | null>) => {
      const files = Object.fromEntries(Object.entries({ ...parts, ...change }).flatMap(([name, content]) => (content === null ? [] : [[name, content]])));
      return verifyArchive(file(zipSync(files)), []);
    };
    const results = Buffer.from(parts['results.json'] ?? []).toString().replace('"verdict":"incorrect"', '"verdict":"correct"');
    expect(await remade({ 'results.json': Buffer.from(results) })).toMatchObject({ valid: false, hashMatch: false, changedFiles: ['results.json'], errors: ['results.json was changed after signing.'] });
    expect(await remade({ 'results.json': null })).toMatchObject({ valid: false, missingFiles: ['results.json'] });
    expect(await remade({ 'note.txt': Buffer.from('x') })).toMatchObject({ valid: false, extraFiles: ['note.txt'] });
    expect(await remade({ 'public_key.txt': Buffer.from(Buffer.alloc(32).toString('base64')) })).toMatchObject({ valid: false, signatureValid: false });
    expect(await remade({ 'manifest.json': null })).toMatchObject({ valid: false, errors: ['It lacks manifest.json: it is not a signed export.'] });
    expect(await remade({})).toMatchObject({ valid: false, errors: ['results.json was packed anew after signing: its content is as signed, its bytes in the archive are not.'] });
    const twice = file(await remadeFrom(parts, [...names, 'results.json']));
    expect(await verifyArchive(twice, [])).toMatchObject({ valid: false, errors: ["It is no readable ZIP archive: 'results.json' is in it twice."] });
    expect(await verifyArchive(file(Buffer.from('no archive')), [])).toMatchObject({ valid: false, signatureValid: false });
  });

  const signedParts = (change: (manifest: Record<string, unknown>) => void) => {
    const parts = unzipSync(archive);
    const manifest = JSON.parse(Buffer.from(parts['manifest.json'] ?? []).toString()) as Record<string, unknown>;
    change(manifest);
    const text = Buffer.from(manifestBytes(manifest as never));
    return { ...parts, 'manifest.json': text, 'signature.txt': Buffer.from(`${key.sign(text).toString('base64')}\n`) };
  };

  it('that is packed again by its own rules verifies, and with nothing more in it', async () => {
    const parts = unzipSync(archive);
    expect((await remadeFrom(parts, names)).equals(archive)).toBe(true);
    for (const name of ['constructor', 'toString', '__proto__', 'résults.json', 'Results.json', 'a/b.txt'])
      expect(await verifyArchive(file(await remadeFrom({ ...parts, [name]: Buffer.from('x') }, [...names, name])), [])).toMatchObject({ valid: false, extraFiles: [name] });
  });

  it('fails with bytes before, between and behind, a comment, or a changed order', async () => {
    const end = archive.length - 22;
    const comment = Buffer.concat([archive, Buffer.from('hi')]);
    comment.writeUInt16LE(2, end + 20);
    const parts = unzipSync(archive);
    for (const changed of [Buffer.concat([Buffer.from('x'), archive]), Buffer.concat([archive, Buffer.from('x')]), comment, await remadeFrom(parts, [...names].reverse()), await remadeFrom(parts, names, names), Buffer.from(zipSync(parts)), archive.subarray(0, -1), archive.subarray(0, 100), Buffer.alloc(0)])
      expect(await verifyArchive(file(changed), [])).toMatchObject({ valid: false });
  });

  it('fails with text around signature or key, in whatever way base64 would still be read', async () => {
    const parts = unzipSync(archive);
    for (const name of ['signature.txt', 'public_key.txt']) {
      const text = Buffer.from(parts[name] ?? []).toString();
      for (const changed of [text.trim(), `${text}\n`, `${text}signed by a notary`, text.replaceAll('=', ''), ` ${text}`, text.slice(0, 10)])
        expect(await verifyArchive(file(await remadeFrom({ ...parts, [name]: Buffer.from(changed) }, names)), [])).toMatchObject({ valid: false });
    }
  });

  it('is judged by the bytes of its manifest, not by what they are read as', async () => {
    const parts = signedParts((manifest) => { manifest['code_version'] = '\ufffd'; });
    expect(await verifyArchive(file(await remadeFrom(parts, names)), [])).toMatchObject({ valid: true });
    const broken = Buffer.from(parts['manifest.json']);
    const at = broken.indexOf('\ufffd');
    const changed = Buffer.concat([broken.subarray(0, at), Buffer.from([0xff]), broken.subarray(at + 3)]);
    expect(await verifyArchive(file(await remadeFrom({ ...parts, 'manifest.json': changed }, names)), [])).toMatchObject({ valid: false, signatureValid: false });
  });

  it('of a later version may say more in its manifest; one that names no results is none', async () => {
    expect(await verifyArchive(file(await remadeFrom(signedParts((manifest) => { manifest['later'] = { a: 1 }; }), names)), [])).toMatchObject({ valid: true });
    expect(await verifyArchive(file(await remadeFrom(signedParts((manifest) => { manifest['files'] = {}; }), names.slice(1))), [])).toMatchObject({ valid: false, missingFiles: ['results.json'] });
  });

  it('that unpacks to more than is allowed, or has too many files, is refused in little time and memory', async () => {
    const bomb = zipSync({ 'results.json': Buffer.alloc(300 * 1024 * 1024), 'manifest.json': Buffer.from('{}') }, { level: 6 });
    const before = process.memoryUsage().rss;
    const startedAt = performance.now();
    const refused = await verifyArchive(file(bomb), [], { mostBytes: 10 * 1024 * 1024 });
    expect(refused).toMatchObject({ valid: false, errors: [expect.stringContaining('10 MB')] });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    const many = zipSync(Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${String(index)}`, Buffer.from('x')])));
    expect((await verifyArchive(file(many), [])).errors.join(' ')).toContain('200 files');
  }, 60_000);

  it('leaves no file open, whatever is wrong with it', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const parts = unzipSync(archive);
    const bad = [file(zipSync({ 'x.txt': Buffer.from('x') })), file(zipSync({ ...parts, 'note.txt': Buffer.from('x') })), file(archive)];
    for (const path of bad) await verifyArchive(path, []);
    const before = open();
    for (let round = 0; round < 10; round += 1) for (const path of bad) await verifyArchive(path, []);
    expect(open()).toBeLessThan(before + 5);
  });

  it('streams a run of any size', async () => {
    const run = sampleRun();
    const [first] = await Promise.all([run.samples('conclave-mini')[Symbol.asyncIterator]().next()]);
    const sample = first.value as { ordinal: number };
    run.samples = async function* () {
      for (let ordinal = 0; ordinal < 20_000; ordinal += 1) yield await Promise.resolve({ ...(sample as never as Record<string, never>), ordinal } as never);
    };
    const big = file(await bytes(signedArchive(run, key, new Date())));
    expect(await verifyArchive(big, [])).toMatchObject({ valid: true });
  }, 60_000);
});

describe('signing keys', () => {
  it('of a home are made once, readable by their owner only, and rotated', () => {
    const home = join(folder, 'home');
    const first = homeSigningKey(home);
    expect(homeSigningKey(home).id).toBe(first.id);
    expect(statSync(signingKeyFile(home)).mode & 0o777).toBe(0o600);
    const { old, new: next } = rotateSigningKey(home);
    expect(old?.id).toBe(first.id);
    expect(next.id).not.toBe(first.id);
    expect(homeSigningKey(home).id).toBe(next.id);
  });

  it('are read as PEM and as base64, and refused without being told', () => {
    const pem = readFileSync(signingKeyFile(folder), 'utf8');
    const fromPem = parseSigningKey(pem);
    const raw = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64').subarray(-32);
    expect(parseSigningKey(raw.toString('base64')).id).toBe(fromPem.id);
    expect(parseSigningKey(Buffer.concat([raw, fromPem.publicKey]).toString('base64')).id).toBe(fromPem.id);
    expect(parseSigningKey(pem.trim().replaceAll('\n', '\\n')).id).toBe(fromPem.id);
    for (const bad of ['c2hvcnQ=', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----']) {
      expect(() => parseSigningKey(bad)).toThrow(/BENCH_SIGNING_PRIVATE_KEY is n/);
      expect(() => parseSigningKey(bad)).not.toThrow(/AAAA|c2hvcnQ/);
    }
  });
});

describe('tables and texts', () => {
  it('CSV has whole texts, zero as 0, the provider and the panel in each row', async () => {
    const csv = await text(resultsCsv(sampleRun()));
    const [header = '', ...rows] = csv.split(/\n(?=run_1,)/);
    expect(rows).toHaveLength(3);
    const at = (name: string) => header.split(',').indexOf(name);
    expect(at('score')).toBeGreaterThan(0);
    expect(csv).toContain('"\'=SUM(1)\n```\n0"');
    expect(rows[1]).toMatch(/,incorrect,0,0,/);
    expect(rows[0]).toContain('gremium-openai,gremium-consensus,council,fast@2');
    expect(rows[0]).toContain('gremium_version');
  });

  it('CSV tells exactly what each sample cost, unknown apart from nothing', async () => {
    const run = sampleRun();
    const first = (await run.samples('conclave-mini')[Symbol.asyncIterator]().next()).value as RunDocumentSample;
    const costs = [0, 1, 123_000, 1_000_000_000, 1_230_000_000, 100_000_000_000, null];
    run.samples = async function* () { for (const cost_nano_usd of costs) yield await Promise.resolve({ ...first, cost_nano_usd }); };
    const [header = [], ...rows] = tableOf(await text(resultsCsv(run)));
    expect(rows.map((row) => row[header.indexOf('cost_usd')])).toEqual(['0', '0.000000001', '0.000123', '1', '1.23', '100', '']);
  });

  it('lines and tables tell who sat on the panel, and on what the figures stand', async () => {
    const seat = (label: string) => ({ label, kind: 'model', model: { provider: 'openai', model: label } });
    const plan = { members: [seat('a'), { label: 'panel/fast', kind: 'panel', plan: { members: [seat('b'), seat('c')] } }], reviewers: [seat('d')], chairmen: [seat('e')] };
    const [header = [], row = []] = tableOf(await text(resultsCsv(sampleRun({ plan }))));
    expect(['members', 'reviewers', 'chairmen', 'simulated', 'code_version', 'dataset_revision', 'prompt_hash', 'scorer_version', 'parameters'].map((name) => row[header.indexOf(name)])).toEqual([
      'openai/a, panel/fast (openai/b, openai/c)', 'openai/d', 'openai/e', 'true', '0.1.0', '1', 'cd'.repeat(32), 'conclave-mini-1', '{"maxOutputTokens":512}',
    ]);
    const [line = ''] = (await text(resultsJsonLines(sampleRun({ plan })))).split('\n');
    expect(JSON.parse(line)).toMatchObject({
      members: ['openai/a', 'panel/fast (openai/b, openai/c)'], reviewers: ['openai/d'], chairmen: ['openai/e'], simulated: true, code_version: '0.1.0', mode: 'realtime', subset: { seed: 'conclave' }, dataset_revision: '1',
      prompt_hash: 'cd'.repeat(32), scorer_version: 'conclave-mini-1',
    });
    const markdown = await text(resultsMarkdown(sampleRun({ plan })));
    for (const fact of ['| reviewers | openai/d |', '| chairmen | openai/e |', '12 ms, 10 tokens in, 4 out, $0, 1 call, asked with `{"maxOutputTokens":512}`']) expect(markdown).toContain(fact);
    expect(markdown).toMatch(/\*\*error\*\*\n/);
  });

  it('CSV keeps spreadsheets from computing, whatever an answer begins with', async () => {
    const run = sampleRun();
    const first = (await run.samples('conclave-mini')[Symbol.asyncIterator]().next()).value as RunDocumentSample;
    const hostile = ['=1+1', '+1', '@SUM(1)', "-2+3+cmd|' /C calc'!A0", ' =1+1', '\t=1', '\n=1', '＝1+1', '-5', '-5.25', '0', 'plain', 'a,b "c"\r\nd', '"', ''];
    run.samples = async function* () { for (const answer of hostile) yield await Promise.resolve({ ...first, answer }); };
    const [header = [], ...rows] = tableOf(await text(resultsCsv(run)));
    expect(rows.map((row) => row[header.indexOf('response')])).toEqual(hostile.map((answer, index) => (index < 8 ? `'${answer}` : answer)));
  });

  it('every format tells the provider, the panel and what is known of the consensus', async () => {
    const run = sampleRun();
    const [csv, json, lines, markdown] = await Promise.all([text(resultsCsv(run)), text(resultsJson(run)), text(resultsJsonLines(run)), text(resultsMarkdown(run))]);
    for (const rendered of [csv, json, lines, markdown]) for (const fact of ['gremium-openai', 'fast', 'gremium_version', 'openai/gpt-4o-mini']) expect(rendered).toContain(fact);
  });

  it('JSON is the document, JSONL one line a sample', async () => {
    expect(runDocumentSchema.parse(JSON.parse(await text(resultsJson(sampleRun())))).run.id).toBe('run_1');
    const lines = (await text(resultsJsonLines(sampleRun()))).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => [line['provider'], line['panel'], line['item_id']])).toEqual([0, 1, 2].map((index) => ['gremium-openai', 'fast@2', `arithmetic-0${String(index + 1)}`]));
  });

  it('the protocol fences what models said', async () => {
    const markdown = await text(resultsMarkdown(sampleRun()));
    expect(markdown).toContain('````\n=SUM(1)\n```\n0\n````');
    expect(markdown).toContain('50.0 % [9.4, 90.5]');
    expect(markdown).toContain('| also strict | 50.0 % |');
    expect(markdown).toContain('timeout: No answer within 60 s.');
  });

  it('the protocol tells accuracies by subject, and hashes that nobody knew beforehand', async () => {
    const run = sampleRun();
    const subjects = { law: { samples: 2, accuracy: 0.5 }, 'a|b': { samples: 1, accuracy: null } };
    const markdown = await text(resultsMarkdown({ ...run, benchmarks: run.benchmarks.map((one) => ({ ...one, summary: { ...one.summary, by_category: subjects } })) }));
    const [first] = run.benchmarks;
    if (!first?.dataset) throw new Error('The sample run has data.');
    const unverified = { ...first, dataset: { ...first.dataset, files: first.dataset.files.map((one) => ({ ...one, verified: false })) } };
    expect(await text(resultsMarkdown({ ...run, benchmarks: [unverified] }))).toContain(`${'ab'.repeat(32)} (unverified: as first seen)`);
    expect(markdown).toContain('| law | 50.0 % of 2 |\n| a\\|b | none answered |');
  });

  it('the protocol keeps hostile texts what they are', async () => {
    const run = sampleRun({ model: 'a|b\n# c <script>' });
    const first = (await run.samples('conclave-mini')[Symbol.asyncIterator]().next()).value as RunDocumentSample;
    const hostile = { ...first, item_id: 'x\n# y', expected: '`', extracted: '\n# z ``', answer: '` '.repeat(200_000), failure: { code: 'timeout', message: '\n# w' } };
    run.samples = async function* () { yield await Promise.resolve(hostile); };
    const markdown = await text(resultsMarkdown(run));
    const outside = markdown.replaceAll(/^(`{3,})\n[\s\S]*?\n\1$/gm, '');
    expect(outside.match(/^#+ .*$/gm)).toEqual(['# Run run_1', '## Conclave Mini', '### `x # y`']);
    expect(outside).not.toMatch(/(?<!\\)<script>/);
    expect(outside).toContain('`` ` ``');
  });

  it('the report is a PDF with pages', async () => {
    const pdf = await bytes(resultsPdf(sampleRun()) as AsyncIterable<Uint8Array>);
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.toString('latin1')).toMatch(/\/Type \/Pages[\s\S]*\/Count [1-9]/);
  });

  it('the report begins a long chart below its heading, and a long fact is cut', async () => {
    const run = sampleRun({ config: { system_prompt: 'Be brief. '.repeat(2_000) } });
    const [one] = run.benchmarks;
    if (!one) throw new Error('no benchmark');
    run.benchmarks = Array.from({ length: 30 }, (_, index) => ({ ...one, name: `b${String(index)}` }));
    const pdf = (await bytes(resultsPdf(run) as AsyncIterable<Uint8Array>)).toString('latin1');
    const pages = [...pdf.matchAll(/stream\r?\n([^]*?)\r?\nendstream/g)].map(([, packed = '']) => inflateSync(Buffer.from(packed, 'latin1')).toString('latin1')).filter((content) => content.includes('BT\n'));
    expect(pages[0]?.match(/ re\n/g)?.length).toBeGreaterThan(5);
  });

  it('the report keeps charts on their pages, however many benchmarks and categories there are', async () => {
    const run = sampleRun();
    const [one] = run.benchmarks;
    if (!one) throw new Error('no benchmark');
    const categories = Object.fromEntries(Array.from({ length: 57 }, (_, index) => [`category ${String(index)}`, { samples: 1, accuracy: 1 }]));
    run.benchmarks = Array.from({ length: 50 }, (_, index) => ({ ...one, name: `b${String(index)}`, ...(index === 0 && { summary: { ...one.summary, by_category: categories } }) }));
    const pdf = (await bytes(resultsPdf(run) as AsyncIterable<Uint8Array>)).toString('latin1');
    // 2 pages for the chart, 50 parts of three to a page or so, 2 more for categories: bars that run off a page would make hundreds.
    expect(Number(/\/Type \/Pages[\s\S]*?\/Count (\d+)/.exec(pdf)?.[1])).toBeLessThan(19);
  });
});
