import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSpec, compareSpec, doctorSpec, sampleSpec, setupSpec, trainSpec } from '../../lib/cli/spec.js';
import { TOOLS } from '../package/support/bundler_tools.js';
import { codeBlocks, expectToRun } from '../support/examples.js';
import { DOCS, pages, ROOT } from './pages.js';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

// A ```js block is a whole program and runs; the blocks of a page run in one folder, so that one may read what another wrote. A
// ```ts block is a fragment, or a program for a browser.
describe.skipIf(process.env.TEST_BACKEND !== 'cpu').each(pages)('$name', ({ text }) => {
  const programs = codeBlocks(text, 'js');
  const fragments = codeBlocks(text, 'ts');
  let folder: string;

  beforeAll(() => {
    // In the repository, where Node finds the package by its own name.
    const cache = join(DOCS, '.vitepress', 'cache');
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, 'examples-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.runIf(programs.length > 0).each(programs.map((code, i) => [i + 1, code] as const))(
    'has a program %i that runs',
    (_, code) => expectToRun(code, folder),
  );

  it.runIf(fragments.length > 0).each(fragments.map((code, i) => [i + 1, code] as const))(
    'has a fragment %i that parses',
    async (_, code) => {
      await expect(transform(code, { loader: 'ts' })).resolves.toMatchObject({ warnings: [] });
    },
  );

  it('names commands, options, scripts and packages that there are', () => {
    const lines = codeBlocks(text, 'sh').flatMap(block => block.trim().split('\n'));
    const inline = [...text.matchAll(/`((?:npx|npm) [^`…]+)`/g)].map(match => match[1]!);
    expect([...lines, ...inline].map(problem).filter(each => each !== undefined)).toEqual([]);
  });
});

const COMMANDS: Record<string, { flags: string }[]> = {
  build: buildSpec,
  compare: compareSpec,
  doctor: doctorSpec,
  setup: setupSpec,
  sample: sampleSpec,
  train: trainSpec,
};
const PACKAGES = [
  manifest.name,
  ...['peerDependencies', 'devDependencies'].flatMap(kind => Object.keys(manifest[kind])),
];

/** What is wrong with a line of shell, if anything. */
function problem(line: string): string | undefined {
  const found = line
    .split('&&')
    .map(command => commandProblem(command.trim().split(/\s+/)))
    .find(each => each !== undefined);
  return found && `${line}: ${found}`;
}

function commandProblem([program, first = '', ...rest]: string[]): string | undefined {
  if (program === 'npx' && first === manifest.name) return ownProblem(rest);
  if (program === 'cd') return existsSync(join(ROOT, first)) ? undefined : `there is no folder ${first}`;
  if (program === 'npm' && first === 'run')
    return rest[0]! in manifest.scripts ? undefined : 'no such script';
  if (program === 'npm' && ['install', 'ls', 'rebuild', 'approve-scripts'].includes(first)) {
    const known = [...PACKAGES, ...Object.keys(TOOLS), '--ignore-scripts', '--save-dev'];
    const stranger = rest.find(name => !known.includes(name));
    return stranger && `the package ${stranger} is nothing to us`;
  }
  if (program === 'npm' && ['start', 'dedupe'].includes(first)) return undefined;
  if (['esbuild', 'ncc'].includes(program!)) return undefined; // test/package/bundlers.test.ts runs them
  return 'the test does not know this command';
}

function ownProblem([name = '', ...args]: string[]): string | undefined {
  const spec = COMMANDS[name];
  if (spec === undefined) return `there is no command ${name}`;
  const known = spec.map(({ flags }) => flags.split(' ')[0]);
  const unknown = args.find(arg => arg.startsWith('--') && !known.includes(arg));
  return unknown && `${name} has no option ${unknown}`;
}

describe('the check of shell lines', () => {
  it.each([
    'npx frac-connections fly',
    'npx frac-connections train --wing dfc',
    'npm run nothing',
    'npm install left-pad',
    'cd nowhere',
    'make coffee',
  ])('refuses %s', line => expect(problem(line)).toContain(line));

  it('accepts what there is', () =>
    expect(problem('cd examples/browser && npm install && npm start')).toBeUndefined());
});
