import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './bundler_tools.js';
import { copyConsumer } from './consumer.js';

/** A copy of the installed project with the tools beside the package, and these files in it. */
export function projectWithTools(files: Record<string, string>): string {
  const project = copyConsumer();
  // Hard links, and what the project has stays.
  const { status } = spawnSync('cp', [
    '-aln',
    `${join(folder, 'node_modules')}/.`,
    join(project, 'node_modules'),
  ]);
  if (status !== 0) throw new Error(`cannot copy the tools to ${project}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(project, name, '..'), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  return project;
}
