#!/usr/bin/env node
import { createProgram } from './program.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  // A person at a terminal needs the sentence; the stack is for LOG_LEVEL=debug.
  console.error(process.env['LOG_LEVEL'] === 'debug' && error instanceof Error ? error.stack : error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
