import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** A Chromium on the path, or undefined. */
export const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  name => spawnSync(name, ['--version']).status === 0,
);

// Chromium otherwise asks for updates and the like, which a closed network refuses many times over.
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-logging=stderr',
  '--virtual-time-budget=4000',
];

/** Opens a page and returns its elements after its scripts have run, and what they wrote to the console. */
export function dumpDom(file: string, ...flags: string[]): { dom: string; console: string[] } {
  const profile = mkdtempSync(path.join(tmpdir(), 'frac-chromium-'));
  try {
    const args = [...FLAGS, `--user-data-dir=${profile}`, ...flags, '--dump-dom', pathToFileURL(file).href];
    const result = spawnSync(chromium as string, args, {
      encoding: 'utf8',
      maxBuffer: 64e6,
      timeout: 200_000,
    });
    const lines = result.stderr.split('\n').filter(line => /CONSOLE[:(]/.test(line));
    return { dom: result.stdout, console: lines };
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}
