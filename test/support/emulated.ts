import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The addon over an emulated CUDA machine, or why it is not there. */
export function findEmulated(): { file: string } | { reasons: string[] } {
  const file = join(import.meta.dirname, '..', '..', 'build', 'emulated', 'frac_connections.node');
  return existsSync(file) ? { file } : { reasons: [`there is no ${file}`] };
}
