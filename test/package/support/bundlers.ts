import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './bundler_tools.js';
import { copyConsumer } from './consumer.js';
import { copyFolder } from './folders.js';

/** A project and the folder of tools that it finds, which lies above it: so neither gets packages of the other's versions. */
export interface ProjectWithTools {
  project: string;
  /** The path of a tool's file. */
  tool: (...parts: string[]) => string;
}

/** A copy of the installed project with these files in it, and with the tools. */
export function projectWithTools(files: Record<string, string>): ProjectWithTools {
  const project = copyConsumer();
  const modules = join(project, '..', 'node_modules');
  copyFolder(join(folder, 'node_modules'), modules);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(project, name, '..'), { recursive: true });
    writeFileSync(join(project, name), text);
  }
  return { project, tool: (...parts) => join(modules, ...parts) };
}
