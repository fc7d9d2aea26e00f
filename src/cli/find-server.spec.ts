import { describe, expect, it } from '@jest/globals';
import { findServer } from './find-server.js';

describe('find server', () => {
  it('says how to start one when none answers', async () => {
    await expect(findServer({ url: 'http://127.0.0.1:1/v1/' })).rejects.toThrow('No Conclave answers at http://127.0.0.1:1. Start one with "npm start"');
  });
});
