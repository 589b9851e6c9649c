#!/usr/bin/env node
import '../paths/install.js';
import { run } from './program.js';

// A reader that has enough, such as `head`, closes the pipe: not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2));
