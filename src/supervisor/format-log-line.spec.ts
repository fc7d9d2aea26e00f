import { describe, expect, it } from '@jest/globals';
import { formatLogLine, isEngineNoise } from './format-log-line.js';

describe('log lines', () => {
  it('turns a JSON line into one for people', () => {
    expect(formatLogLine('{"level":30,"time":1,"pid":2,"hostname":"h","context":"Api","msg":"listening","port":8000}')).toBe('INFO Api: listening port=8000');
    expect(formatLogLine('{"level":50,"msg":"failed","err":{"type":"Error","message":"no way","stack":"long"}}')).toBe('ERROR failed err="no way"');
  });

  it('leaves other lines as they are', () => {
    expect(formatLogLine('Error: {broken')).toBe('Error: {broken');
    expect(formatLogLine('{"level":')).toBe('{"level":');
    expect(formatLogLine('{"a":1}')).toBe('{"a":1}');
  });

  it('keeps the errors of engines and drops their talk', () => {
    expect(isEngineNoise('postgres', 'LOG:  database system is ready to accept connections')).toBe(true);
    expect(isEngineNoise('postgres', 'FATAL:  could not open file')).toBe(false);
    expect(isEngineNoise('postgres', 'FATAL:  the database system is starting up')).toBe(true);
    expect(isEngineNoise('temporal', 'time=2026 level=WARN msg="network dial error"')).toBe(true);
    expect(isEngineNoise('temporal', 'time=2026 level=ERROR msg="disk full"')).toBe(false);
  });
});
