// Builds the binding of tfjs-node against a TensorFlow, from the C++ sources in its npm package. The binding is stored
// in the cache, where `frac-connections/tensorflow` finds it. So set-up does not change node_modules, and all projects of
// a user share the binding.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../common/child.mjs';
import { findCompiler } from '../common/compiler.mjs';
import { CACHE } from '../common/paths.mjs';
import { SetupError, say, seconds } from '../common/terminal.mjs';
import { nodeHeaders } from './headers.mjs';

const SOURCES = ['tfjs_backend.cc', 'tfjs_binding.cc'];

function compilerArguments(tfjs, { directory, names, include }, headers) {
  return [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding'],
    ...[tfjs.directory, include, headers].map(folder => `-I${folder}`),
    ...SOURCES.map(name => join(tfjs.directory, 'binding', name)),
    // Links a library even if it has no functions itself but depends on the library that has them.
    ...['-Wl,--no-as-needed', `-L${directory}`, ...names.map(name => `-l:${name}`)],
    // An rpath instead of a runpath, so that it also applies to the dependencies of the libraries.
    ...[`-Wl,-rpath,${directory}`, '-Wl,--disable-new-dtags', '-Wl,-z,now'],
  ];
}

/** A key for a binding: a hash of all its inputs. */
function keyOf(tfjs, libraries, args) {
  const hash = createHash('sha256').update(JSON.stringify(args));
  for (const name of readdirSync(join(tfjs.directory, 'binding')).sort()) {
    hash.update(readFileSync(join(tfjs.directory, 'binding', name)));
  }
  for (const name of libraries.names) {
    const { size, mtimeMs } = statSync(join(libraries.directory, name));
    hash.update(`${size} ${mtimeMs}`);
  }
  return `tfjs-${tfjs.version}-${hash.digest('hex').slice(0, 12)}`;
}

/** The path of the binding of `tfjs` for `libraries`. Builds it if it does not exist. */
export async function buildBinding(tfjs, libraries) {
  const args = compilerArguments(tfjs, libraries, await nodeHeaders());
  const folder = join(CACHE, 'bindings', keyOf(tfjs, libraries, args));
  const binding = join(folder, 'tfjs_binding.node');
  if (existsSync(binding)) return binding;
  const compiler = await findCompiler();
  const started = performance.now();
  say('TensorFlow', `compiling the binding of tfjs-node ${tfjs.version} with ${compiler}`);
  const temporary = join(CACHE, `binding.tmp-${process.pid}`);
  mkdirSync(temporary, { recursive: true });
  try {
    const result = await run(compiler, [...args, '-o', join(temporary, 'tfjs_binding.node')]);
    if (result.code !== 0) {
      const line = result.stderr.split('\n').find(l => /error|undefined reference|cannot find/.test(l));
      throw new SetupError(`${compiler} cannot build tfjs-node's binding: ${line ?? result.stderr.trim()}`, {
        slow: true,
      });
    }
    mkdirSync(dirname(folder), { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  say('TensorFlow', `binding of tfjs-node ${tfjs.version} built in ${seconds(started)}`);
  return binding;
}
