import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { temporalDynamicConfig, temporalServerArguments } from './temporal-arguments.js';

describe('the settings of Temporal', () => {
  it('are the same embedded and in docker-compose.yml', () => {
    const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as { configs: { 'temporal-dynamic-config': { content: string } } };
    const file = parse(compose.configs['temporal-dynamic-config'].content) as Record<string, [{ value: unknown }]>;
    expect(Object.fromEntries(Object.entries(file).map(([key, [{ value }]]) => [key, value]))).toEqual(temporalDynamicConfig);
  });

  it('keep everything in one file with a write-ahead log, or in memory', () => {
    expect(temporalServerArguments({ databaseFile: '/home/a b/t.db', namespace: 'own', port: 1, uiPort: 2 })).toEqual(expect.arrayContaining(['--db-filename', '/home/a b/t.db', 'journal_mode=WAL', '--ui-port', '2']));
    expect(temporalServerArguments({ databaseFile: null, namespace: 'own', port: 1, uiPort: null })).toEqual(expect.arrayContaining(['--headless']));
    expect(temporalServerArguments({ databaseFile: null, namespace: 'own', port: 1, uiPort: null })).not.toContain('--db-filename');
  });
});
