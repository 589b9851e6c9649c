import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RuntimeInfo } from '../../lib/paths/runtime.js';
import { projectWithTools } from './support/bundlers.js';
import { run, succeed, userEnvironment } from './support/child.js';

// What real bundlers make of a program that uses the package: it computes right, on the native kernels where these can be had,
// and otherwise says that it is bundled and what to do.

const NATIVE = `import 'frac-connections/native/linux-${process.arch}';\n`;
const PROGRAM = `
import * as tf from '@tensorflow/tfjs';
import { FracConnection, runtimeInfo } from 'frac-connections';
tf.enableProdMode();
const h = tf.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]);
const out = new FracConnection({ dim: 4, rate: 2 }).apply(h, x => x);
console.log(JSON.stringify({ out: [...out.dataSync()], runtime: runtimeInfo() }));
`;

interface Said {
  out: number[];
  runtime: RuntimeInfo;
}

const reasonOf = ({ notTaken }: RuntimeInfo) => notTaken.find(({ path }) => path === 'native')?.reason;

function expectRight({ out }: Said): void {
  expect(out).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
}

function expectBundled(said: Said): void {
  expectRight(said);
  expect(said.runtime.path).toBe('fallback');
  expect(reasonOf(said.runtime)).toMatch(
    /^frac-connections is bundled, .*--external:frac-connections.*serverExternalPackages/,
  );
}

function expectNative(said: Said): void {
  expectRight(said);
  expect(said.runtime.path).toBe('native');
}

/** Runs a bundle elsewhere than where its sources are, so that it finds no package by chance. */
function runBundle(folder: string, file: string): Said {
  const { status, stdout, stderr } = run(process.execPath, [join(folder, file)], { cwd: folder });
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

describe('esbuild', () => {
  const bundle = (source: string, ...options: string[]) => {
    const { project: folder, tool } = projectWithTools({ 'source.mjs': source });
    const args = [
      'source.mjs',
      '--bundle',
      '--platform=node',
      '--outfile=out/bundle.cjs',
      '--log-level=warning',
      ...options,
    ];
    succeed(tool('esbuild', 'bin', 'esbuild'), args, { cwd: folder });
    return runBundle(folder, 'out/bundle.cjs');
  };

  test('a bundle runs on the fallback and says why', () => expectBundled(bundle(PROGRAM, '--format=cjs')));
  test('with the package left out of the bundle it runs on the native kernels', () =>
    expectNative(bundle(PROGRAM, '--format=cjs', '--external:frac-connections', '--external:@tensorflow/*')));
  test('with the subpath of the platform the bundle itself has the kernels', () =>
    expectNative(bundle(NATIVE + PROGRAM, '--format=cjs', '--loader:.node=copy')));
});

describe('webpack', () => {
  const EXTERNALS = Object.fromEntries(
    ['frac-connections', '@tensorflow/tfjs'].map(name => [name, `commonjs ${name}`]),
  );
  const bundle = (source: string, extra: object) => {
    const { project: folder } = projectWithTools({ 'source.mjs': source });
    const config = {
      ...{ mode: 'production', target: 'node', entry: './source.mjs', optimization: { minimize: false } },
      output: { path: join(folder, 'out'), filename: 'bundle.cjs' },
      ...extra,
    };
    writeFileSync(
      join(folder, 'build.cjs'),
      `
      require('webpack')(${JSON.stringify(config).replace('"NODE"', '/\\.node$/')}, (error, stats) => {
        if (error || stats.hasErrors()) throw error ?? new Error(stats.toString('errors-only'));
      });`,
    );
    succeed(process.execPath, ['build.cjs'], { cwd: folder });
    return runBundle(folder, 'out/bundle.cjs');
  };

  test('a bundle runs on the fallback and says why', () => expectBundled(bundle(PROGRAM, {})));
  test('with the package left out of the bundle it runs on the native kernels', () =>
    expectNative(bundle(PROGRAM, { externals: EXTERNALS })));
  test('with the subpath of the platform the bundle itself has the kernels', () =>
    expectNative(bundle(NATIVE + PROGRAM, { module: { rules: [{ test: 'NODE', loader: 'node-loader' }] } })));
});

describe('ncc', () => {
  const bundle = (source: string) => {
    const { project: folder, tool } = projectWithTools({ 'source.mjs': source });
    const cli = tool('@vercel', 'ncc', 'dist', 'ncc', 'cli.js');
    succeed(process.execPath, [cli, 'build', 'source.mjs', '--out', 'out', '--quiet'], { cwd: folder });
    return runBundle(folder, 'out/index.mjs');
  };

  test('a bundle runs, and says why if not on the native kernels', () => {
    const said = bundle(PROGRAM);
    expectRight(said);
    if (said.runtime.path !== 'native') expectBundled(said);
  });
  test('with the subpath of the platform the bundle itself has the kernels', () =>
    expectNative(bundle(NATIVE + PROGRAM)));
});

describe('Vite SSR', () => {
  const bundle = (ssr: string) => {
    const { project: folder, tool } = projectWithTools({
      'source.mjs': PROGRAM,
      'vite.config.mjs': `export default { ssr: ${ssr} };`,
    });
    const vite = tool('vite', 'bin', 'vite.js');
    succeed(
      process.execPath,
      [vite, 'build', '--ssr', 'source.mjs', '--outDir', 'out', '--logLevel', 'warn'],
      {
        cwd: folder,
      },
    );
    return runBundle(folder, 'out/source.mjs');
  };

  test('runs on the native kernels as it is', () => expectNative(bundle('{}')));
  test('with all packages in the bundle it says why not', () =>
    expectBundled(bundle('{ noExternal: true }')));
  test('with the package left out of that it runs on the native kernels', () =>
    expectNative(bundle("{ noExternal: true, external: ['frac-connections', '@tensorflow/tfjs'] }")));
});

describe('Next.js', () => {
  /** Builds an app with one route handler by default settings, starts it, and asks it. */
  async function ask(config: string): Promise<Said> {
    const handler = PROGRAM.replace(
      /console.log\((.*)\);/,
      "export const dynamic = 'force-dynamic';\nexport const GET = () => new Response($1);",
    );
    const { project: folder, tool } = projectWithTools({
      'app/api/route.js': handler,
      'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>;',
      'app/page.js': 'export default () => <p>page</p>;',
      'next.config.mjs': `export default { ${config} };`,
    });
    const next = tool('next', 'dist', 'bin', 'next');
    const env = { NEXT_TELEMETRY_DISABLED: '1' };
    succeed(process.execPath, [next, 'build'], { cwd: folder, env });
    const server = spawn(process.execPath, [next, 'start', '--port', '0', '--hostname', '127.0.0.1'], {
      cwd: folder,
      env: { ...userEnvironment(), ...env },
    });
    onTestFinished(() => void server.kill());
    let said = '';
    while (!/http:\/\/127\.0\.0\.1:\d+[\s\S]*Ready/.test(said))
      said += (await once(server.stdout, 'data'))[0];
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(said)!;
    return (await fetch(`${url}/api`)).json() as Promise<Said>;
  }

  test('a route handler runs on the fallback and says why', async () => expectBundled(await ask('')));
  test('with serverExternalPackages it runs on the native kernels', async () =>
    expectNative(await ask("serverExternalPackages: ['frac-connections', '@tensorflow/tfjs']")));
});
