import { Inject, Injectable } from '@nestjs/common';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import type { Sql } from '../database/sql.js';
import type { FilePurpose, FileStatus } from './file.entity.js';

/** A file without its bytes. */
export interface FileRecord {
  id: string;
  caller: string;
  purpose: FilePurpose;
  filename: string;
  status: FileStatus;
  bytes: number;
  createdAt: Date;
}

/** Which files a list shows; `after` is the id of the last one the reader has. */
export interface FileFilter {
  purpose: FilePurpose | null;
  order: 'asc' | 'desc';
  after: string | null;
  limit: number;
}

export type FileRemoval = { removed: true } | { removed: false; neededBy: string | null };

type FileRow = Omit<FileRecord, 'bytes'> & { bytes: string };

const columns = 'id, caller, purpose, filename, status, bytes, created_at AS "createdAt"';

/** The only place that speaks SQL about files and their pieces. */
@Injectable()
export class FilesStore {
  constructor(@Inject(POSTGRES_POOL) private readonly sql: Sql) {}

  /** Notes a file that is being written; one of the same id is written anew. */
  async begin(file: Pick<FileRecord, 'id' | 'caller' | 'purpose' | 'filename'>): Promise<void> {
    await this.sql.query({
      text: `INSERT INTO files (id, caller, purpose, filename, status) VALUES ($1, $2, $3, $4, 'uploading')
             ON CONFLICT (id) DO UPDATE SET status = 'uploading', created_at = now()`,
      values: [file.id, file.caller, file.purpose, file.filename],
    });
  }

  /** Writes one piece, `index` from 0; repeating it replaces it. */
  async append(id: string, index: number, bytes: Buffer): Promise<void> {
    await this.sql.query({
      name: 'file-append',
      text: 'INSERT INTO file_chunks (file_id, index, bytes) VALUES ($1, $2, $3) ON CONFLICT (file_id, index) DO UPDATE SET bytes = excluded.bytes',
      values: [id, index, bytes],
    });
  }

  /** Makes a written file readable; pieces beyond `chunks`, of an earlier writing, go. Null: it was removed meanwhile. */
  async complete(id: string, written: { bytes: number; chunks: number }): Promise<FileRecord | null> {
    const { rows } = await this.sql.query<FileRow>({
      text: `WITH surplus AS (DELETE FROM file_chunks WHERE file_id = $1 AND index >= $3)
             UPDATE files SET status = 'processed', bytes = $2 WHERE id = $1 RETURNING ${columns}`,
      values: [id, written.bytes, written.chunks],
    });
    return rows[0] ? fileOf(rows[0]) : null;
  }

  /** A readable file; null where there is none, or (with `caller`) none of that caller. */
  async find(id: string, caller: string | null = null): Promise<FileRecord | null> {
    const { rows } = await this.sql.query<FileRow>({
      text: `SELECT ${columns} FROM files WHERE id = $1 AND status = 'processed' AND ($2::text IS NULL OR caller = $2)`,
      values: [id, caller],
    });
    return rows[0] ? fileOf(rows[0]) : null;
  }

  /** Readable files of a caller by time (index `files_caller_created`). */
  async list(caller: string, { purpose, order, after, limit }: FileFilter): Promise<FileRecord[]> {
    const [compare, direction] = order === 'asc' ? ['>', 'ASC'] : ['<', 'DESC'];
    const { rows } = await this.sql.query<FileRow>({
      text: `SELECT ${columns} FROM files WHERE caller = $1 AND status = 'processed' AND ($2::text IS NULL OR purpose = $2)
               AND ($3::text IS NULL OR (created_at, id) ${compare} (SELECT created_at, id FROM files WHERE id = $3 AND caller = $1))
             ORDER BY created_at ${direction}, id ${direction} LIMIT $4`,
      values: [caller, purpose, after, limit],
    });
    return rows.map(fileOf);
  }

  /** The bytes of a file, piece by piece, each read when it is asked for. */
  async *read(id: string): AsyncGenerator<Buffer> {
    for (let index = 0; ; index++) {
      const { rows } = await this.sql.query<{ bytes: Buffer }>({ name: 'file-chunk', text: 'SELECT bytes FROM file_chunks WHERE file_id = $1 AND index = $2', values: [id, index] });
      const chunk = rows[0];
      if (!chunk) return;
      yield chunk.bytes;
    }
  }

  /** Removes a file with its bytes, unless it is the input of a batch (index `batches_input_file`). */
  async remove(id: string): Promise<FileRemoval> {
    try {
      // Asked first, so that the server's log has no error for what is usual.
      const { rowCount } = await this.sql.query({ text: 'DELETE FROM files WHERE id = $1 AND NOT EXISTS (SELECT FROM batches WHERE input_file_id = $1)', values: [id] });
      return rowCount === 0 ? { removed: false, neededBy: await this.neededBy(id) } : { removed: true };
    } catch (error) {
      if (!isReferenced(error)) throw error;
      return { removed: false, neededBy: await this.neededBy(id) };
    }
  }

  private async neededBy(id: string): Promise<string | null> {
    const { rows } = await this.sql.query<{ id: string }>({ text: 'SELECT id FROM batches WHERE input_file_id = $1 LIMIT 1', values: [id] });
    return rows[0]?.id ?? null;
  }

  /** Removes what was begun before `olderThanMs` ago and never completed (index `files_uploading`); returns how many. */
  async removeAbandoned(olderThanMs: number): Promise<number> {
    const { rowCount } = await this.sql.query({
      text: `DELETE FROM files WHERE status = 'uploading' AND created_at < now() - $1 * interval '1 millisecond' AND NOT EXISTS (SELECT FROM batches WHERE input_file_id = files.id)`,
      values: [olderThanMs],
    });
    return rowCount ?? 0;
  }
}

function fileOf(row: FileRow): FileRecord {
  return { ...row, bytes: Number(row.bytes) };
}

function isReferenced(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '23503' || error.code === '23001');
}
