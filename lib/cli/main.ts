#!/usr/bin/env node
import '../paths/install.js';
import { run } from './program.js';

// A reader such as `head` closes the pipe when it has enough. That is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2));
