import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ExportableRun } from '../../domain/exports/run-document.js';
import { CONFIG } from '../config/config.js';
import type { Config } from '../config/config.js';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import { readForm, type IncomingFile } from '../files/multipart.js';
import { ApiError, badRequest } from '../http/api-error.js';
import { RunDocumentStore } from '../runs/run-document.store.js';
import { publicKeyBody, verificationBody, type ImportBody, type PublicKeyBody, type VerificationBody } from './export-response.js';
import { ImportRunStore } from './import-run.store.js';
import { readImportedRun } from './imported-run.js';
import { homeSigningKey, parseSigningKey, type SigningKey } from './signing-key.js';
import { SigningKeysStore } from './signing-keys.store.js';
import { isTrustedKey } from './trusted-key.js';
import { verifyArchive, type Verification } from './verify-archive.js';

/** Runs that can be exported: whatever they came to, they are over. */
const over = ['succeeded', 'failed', 'canceled'];

/** Exports of runs: made, verified, taken in. */
@Injectable()
export class ExportsService implements OnModuleInit {
  private readonly documents: RunDocumentStore;
  private readonly logger = new Logger('Exports');
  private loaded: SigningKey | null = null;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(POSTGRES_POOL) sql: Sql,
    private readonly keys: SigningKeysStore,
    private readonly imports: ImportRunStore,
  ) {
    this.documents = new RunDocumentStore(sql);
  }

  async onModuleInit(): Promise<void> {
    try {
      await this.listKey();
    } catch (error) {
      this.logger.error(`The signing key of exports can't be listed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The key of this process: BENCH_SIGNING_PRIVATE_KEY, else the home's, made at first use. 503 where it can't be read or made. */
  get key(): SigningKey {
    const configured = this.config.environment.BENCH_SIGNING_PRIVATE_KEY;
    try {
      return (this.loaded ??= configured === undefined ? homeSigningKey(this.config.home) : parseSigningKey(configured));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ApiError({ status: 503, code: 'no_signing_key', message: `Exports can't be signed: ${reason} The other formats need no key.`, shouldRetry: false }, error);
    }
  }

  /** The run, ready to be rendered. 404 for none of this caller, 409 while it runs. */
  async run(id: string, caller: string): Promise<ExportableRun> {
    const run = await this.documents.exportable(id, caller);
    if (!run) throw new ApiError({ status: 404, code: 'run_not_found', message: `There is no run '${id}'. GET /api/runs lists yours.`, param: 'id' });
    if (!over.includes(run.run.status)) throw new ApiError({ status: 409, code: 'run_not_finished', message: `Run '${id}' is ${run.run.status}. Export it when it is over, or cancel it first.`, param: 'id' });
    return run;
  }

  /** The key in use and all that were; where the start could not list it, it is listed now. */
  async publicKeys(): Promise<PublicKeyBody> {
    const known = await this.keys.all();
    if (known.some(({ id }) => id === this.key.id)) return publicKeyBody(this.key, known);
    await this.listKey();
    return publicKeyBody(this.key, await this.keys.all());
  }

  private listKey(): Promise<void> {
    return this.keys.use({ id: this.key.id, publicKey: this.key.publicKey.toString('base64') });
  }

  /** Verifies the uploaded archive; the field `key` of the form names a key to trust. */
  async verify(request: FastifyRequest): Promise<VerificationBody> {
    return withUpload(request, 'Verify it with "conclave verify FILE", which takes any size.', async (path, key) => {
      const found = await verifyArchive(path, key);
      return verificationBody(found, await this.isOurs(found));
    });
  }

  /** Takes a verified archive in as a run of this caller. 422 for one that does not verify, 409 where the run exists. */
  async import(request: FastifyRequest, caller: string): Promise<ImportBody> {
    return withUpload(request, 'Runs of this size can be verified ("conclave verify FILE"), not imported.', async (path, key) => {
      const found = await verifyArchive(path, key);
      if (!found.valid || !found.manifest || found.fingerprint === null)
        throw new ApiError({ status: 422, code: 'invalid_export', message: `The archive does not verify, so nothing was imported: ${found.errors.join(' ')}`, param: 'file' });
      const document = await readImportedRun(path);
      const isNew = await this.imports.write(document, caller, { key_fingerprint: found.fingerprint, exported_at: found.manifest.generated_at, imported_at: new Date().toISOString() });
      if (!isNew) throw new ApiError({ status: 409, code: 'run_exists', message: `Run '${document.run.id}' is here already. Delete it first to import it again.`, param: 'file' });
      const samples = document.benchmarks.reduce((sum, benchmark) => sum + benchmark.samples.length, 0);
      return { run_id: document.run.id, samples, verification: verificationBody(found, await this.isOurs(found)) };
    });
  }

  private async isOurs(found: Verification): Promise<boolean> {
    return (await this.keys.all()).some(({ id }) => id === found.fingerprint);
  }
}

/** Runs `use` with the uploaded file on disk, and removes it afterwards. */
async function withUpload<Result>(request: FastifyRequest, wayOut: string, use: (path: string, keys: string[]) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'conclave-upload-'));
  try {
    const path = join(folder, 'upload.zip');
    const store = async ({ bytes }: IncomingFile): Promise<string> => {
      await pipeline(Readable.from(bytes), createWriteStream(path));
      return path;
    };
    const { fields, file } = await readForm(request, store, wayOut);
    if (file === null) throw badRequest('file', "The form has no field 'file'. Send the archive as multipart/form-data.");
    return await use(file, keysOf(fields));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// A key that is misspelt must not pass for no key.
function keysOf(fields: Record<string, string>): string[] {
  const unknown = Object.keys(fields).find((name) => name !== 'key');
  if (unknown !== undefined) throw badRequest(unknown.slice(0, 60), `The form has a field '${unknown.slice(0, 60)}' that nobody reads. It takes 'file' and 'key'.`);
  const key = fields['key'];
  if (key === undefined) return [];
  if (!isTrustedKey(key)) throw badRequest('key', `'key' is '${key.slice(0, 80)}': send a public key (base64 of 32 bytes) or its fingerprint (64 hexadecimal digits).`);
  return [key];
}
