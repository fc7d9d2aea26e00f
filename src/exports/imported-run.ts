import { buffer } from 'node:stream/consumers';
import yauzl from 'yauzl';
import { promisify } from 'node:util';
import { exportSchemaVersion, runDocumentSchema, type RunDocument } from '../../domain/exports/run-document.js';
import { badRequest } from '../http/api-error.js';

/** Largest `results.json` that is taken in, in bytes: it is read whole. */
const largestResults = 400 * 1024 * 1024;

/** The run of a verified archive. Throws a 400 for one of another schema version, too large, or not of the schema. */
export async function readImportedRun(path: string): Promise<RunDocument> {
  const text = (await resultsOf(path)).toString('utf8');
  const parsed = runDocumentSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badRequest('file', `results.json is not a run of schema ${exportSchemaVersion}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`);
  }
  if (parsed.data.schema_version.split('.')[0] !== exportSchemaVersion.split('.')[0])
    throw badRequest('file', `The export has schema version ${parsed.data.schema_version}; this Conclave reads ${exportSchemaVersion}. Update the older of the two.`);
  return parsed.data;
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
