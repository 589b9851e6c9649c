import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkEnvironment, succeed } from './child.js';
import { cache } from './folders.js';

/** Bundlers, test runners and compilers that users have; versions that run on Node 20. */
export const TOOLS: Record<string, string> = {
  esbuild: '0.28.2',
  webpack: '5.113.0',
  'node-loader': '2.1.0',
  '@vercel/ncc': '0.45.0',
  next: '15.5.29',
  vite: '8.3.8',
  react: '19.2.0',
  'react-dom': '19.2.0',
  jest: '30.5.2',
  'jest-environment-jsdom': '30.5.2',
  jest27: 'npm:jest@27.5.1', // resolves by main, not by exports
  typescript5: 'npm:typescript@5.9.3',
  typescript7: 'npm:typescript@7.0.2',
};

/** The folder in which they are installed. */
export const folder = join(cache, 'bundlers');
const marker = join(folder, 'installed.json');

/** Fetches the tools, unless a run before did. Needs the network then. */
export function installBundlers(): void {
  const wanted = JSON.stringify(TOOLS);
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return;
  console.log('package tests: fetching bundlers, once');
  mkdirSync(folder, { recursive: true });
  const names = Object.entries(TOOLS).map(([name, version]) => `${name}@${version}`);
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', ...names];
  succeed('npm', args, { cwd: folder, env: networkEnvironment() });
  writeFileSync(marker, wanted);
}
