#!/usr/bin/env node
import { createProgram } from './program.js';

// `| head` closes the pipe: that is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  // A person at a terminal needs the sentence; the stack is for LOG_LEVEL=debug.
  console.error(process.env['LOG_LEVEL'] === 'debug' && error instanceof Error ? error.stack : error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
