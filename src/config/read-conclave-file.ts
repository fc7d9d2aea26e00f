import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { panelFaults } from './check-panels.js';
import { fileFaults } from './config-faults.js';
import { conclaveFileSchema, type ConclaveFile } from './conclave-file.schema.js';

export type FileResult = { ok: true; file: ConclaveFile; path: string | null } | { ok: false; faults: string[] };

/** Reads `configured`, else `conclave.yaml` in the working folder, else in the home; without any: the defaults. */
export function readConclaveFile(configured: string | undefined, home: string): FileResult {
  const path = configured ? resolve(configured) : [resolve('conclave.yaml'), join(home, 'conclave.yaml')].find((candidate) => existsSync(candidate));
  if (path === undefined) return { ok: true, file: conclaveFileSchema.parse({}), path: null };
  if (!existsSync(path)) return { ok: false, faults: [`CONCLAVE_CONFIG is '${path}', but there is no such file. Create it from conclave.example.yaml or unset the variable.`] };
  return parseConclaveFile(readFileSync(path, 'utf8'), path);
}

/** Parses the text of a `conclave.yaml`; `path` names it in faults. An empty file is all defaults. */
export function parseConclaveFile(text: string, path: string): FileResult {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  const broken = document.errors.map((error) => `${path}: line ${String(text.slice(0, error.pos[0]).split('\n').length)}: ${error.message}. It must be YAML.`);
  if (broken.length > 0) return { ok: false, faults: broken };
  const content: unknown = document.toJS() ?? {};
  const parsed = conclaveFileSchema.safeParse(content);
  if (!parsed.success) return { ok: false, faults: fileFaults(parsed.error, content, path) };
  const faults = panelFaults(parsed.data, path);
  return faults.length > 0 ? { ok: false, faults } : { ok: true, file: parsed.data, path };
}
