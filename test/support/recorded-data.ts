import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from '@jest/globals';
import { parseJsonRow } from '../../domain/benchmarks/parse-json-row.js';

const configured = process.env['CONCLAVE_TEST_DATA'];
const folder = new URL(configured ? `file://${configured.replace(/\/$/, '')}/` : '../../../shared/data/', import.meta.url);
const isThere = existsSync(new URL('gsm8k/test.jsonl', folder));
// In CI with the folder beside the checkout the specs must run: missing files fail them.
const isRequired = process.env['CI'] === 'true' && existsSync(new URL('../../../shared/', import.meta.url));

/** `describe` for specs over published data and real models' answers (`../shared/data`, or CONCLAVE_TEST_DATA); skipped, visibly, where they are missing. */
export function describeWithData(name: string, body: () => void): void {
  if (isThere || isRequired) describe(name, body);
  else describe.skip(`${name} (needs ../shared/data or CONCLAVE_TEST_DATA)`, () => { it('runs where the data is', () => undefined); });
}

/** Path of a file of the data. */
export function dataUrl(path: string): URL {
  return new URL(path, folder);
}

/** Rows of a `.jsonl` file. */
export function rows<Row>(path: string): Row[] {
  return readFileSync(dataUrl(path), 'utf8').trim().split('\n').map((line) => parseJsonRow(line) as Row);
}

/** A `.json` file. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(dataUrl(path), 'utf8'));
}
