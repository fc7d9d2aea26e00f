import { afterAll } from '@jest/globals';
import { stopLeftovers } from './node-process.js';

// Runs after each spec file: a hook that failed half-way leaves nothing that would keep Jest from ending.
afterAll(stopLeftovers);
