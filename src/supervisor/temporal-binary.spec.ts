import { describe, expect, it } from '@jest/globals';
import { HopelessStart } from './hopeless-start.js';
import { findTemporalBinary } from './temporal-binary.js';

describe('the Temporal program', () => {
  it('is the configured one, whatever else is there', () => {
    expect(findTemporalBinary(process.execPath)).toEqual({ path: process.execPath, source: 'configured' });
  });

  it.each(['/nowhere/temporal', '/tmp'])('is hopeless where the configured one is %s: nothing else is taken in silence', (path) => {
    expect(() => findTemporalBinary(path)).toThrow(HopelessStart);
    expect(() => findTemporalBinary(path)).toThrow(/TEMPORAL_CLI_PATH is .*Correct or unset it/);
  });
});
