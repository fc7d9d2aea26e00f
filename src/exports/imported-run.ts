import { buffer } from 'node:stream/consumers';
import yauzl from 'yauzl';
import { promisify } from 'node:util';
import { z } from 'zod';
import { benchmarkBlockSchema, exportSchemaVersion, runDocumentSchema, sampleSchema, type RunDocument } from '../../domain/exports/run-document.js';
import { badRequest } from '../http/api-error.js';

/** Largest `results.json` that is taken in, in bytes: it is read whole. */
const largestResults = 400 * 1024 * 1024;

// Sums and intervals are made of these; what is out of bounds would make them nonsense.
const count = z.int().min(0);
const importableSample = sampleSchema.extend({ ordinal: count, epoch: count, score: z.number().min(0).max(1).nullable(), latency_ms: count.nullable(), input_tokens: count, output_tokens: count, cost_nano_usd: count.nullable(), calls: count });

// A run that is not over would be carried out here, by its own plan; ids and names become parts of other ids.
const importableSchema = runDocumentSchema.extend({
  run: runDocumentSchema.shape.run.extend({ id: z.string().regex(/^run_[A-Za-z0-9]{1,64}$/, "no run's id"), status: z.enum(['succeeded', 'failed', 'canceled']) }),
  benchmarks: z.array(benchmarkBlockSchema.extend({ name: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, "no benchmark's name"), samples: z.array(importableSample) })).max(200),
});

/** The run of a verified archive. Throws a 400 for one of another schema version, too large, or not of the schema. */
export async function readImportedRun(path: string): Promise<RunDocument> {
  return checkedRun(jsonOf((await resultsOf(path)).toString('utf8')));
}

/** What could be a run of this installation: signed by whoever, it may say anything. Throws a 400. */
export function checkedRun(value: unknown): RunDocument {
  // The version first: another one's fields would be told as faults.
  const versioned = z.object({ schema_version: z.string() }).safeParse(value);
  if (versioned.success && versioned.data.schema_version.split('.')[0] !== exportSchemaVersion.split('.')[0])
    throw badRequest('file', `The export has schema version ${versioned.data.schema_version.slice(0, 40)}; this Conclave reads ${exportSchemaVersion}. Update the older of the two.`);
  const parsed = importableSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badRequest('file', `results.json is not a run of schema ${exportSchemaVersion}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`);
  }
  const names = parsed.data.benchmarks.map(({ name }) => name);
  if (new Set(names).size !== names.length) throw badRequest('file', 'results.json has a benchmark twice.');
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest('file', 'results.json is no JSON.');
  }
}

async function resultsOf(path: string): Promise<Buffer> {
  const zip = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(path, { lazyEntries: true });
  try {
    for (;;) {
      const entry = await nextEntry(zip);
      if (entry === null) throw badRequest('file', 'The archive has no results.json.');
      if (entry.fileName !== 'results.json') continue;
      if (entry.uncompressedSize > largestResults) throw badRequest('file', `results.json has ${String(entry.uncompressedSize)} bytes; at most ${String(largestResults)} can be imported.`);
      return await buffer(await zip.openReadStreamPromise(entry));
    }
  } finally {
    zip.close();
  }
}

function nextEntry(zip: yauzl.ZipFile): Promise<yauzl.Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      zip.removeAllListeners();
      finish();
    };
    zip.once('entry', (entry: yauzl.Entry) => { settle(() => { resolve(entry); }); });
    zip.once('end', () => { settle(() => { resolve(null); }); });
    zip.once('error', (error: Error) => { settle(() => { reject(error); }); });
    zip.readEntry();
  });
}
