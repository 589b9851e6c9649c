// Runs npm.
import { run } from './child.mjs';
import { explain } from './terminal.mjs';

/** Runs npm without install scripts: the npm that runs this program, if there is one, otherwise the one on the PATH. */
export function npm(args, cwd) {
  const script = process.env.npm_execpath;
  const quiet = [...args, '--ignore-scripts', '--no-audit', '--no-fund'];
  return script?.endsWith('.js')
    ? run(process.execPath, [script, ...quiet], { cwd })
    : run('npm', quiet, { cwd });
}

/** The first useful error line of npm: the first lines are codes, and the last ones are the path of its log. */
export function npmReason({ stderr, error }) {
  const said = stderr.split('\n').filter(line => /^npm error ./.test(line));
  const line = said.find(l => !/^npm error (code|errno|syscall|type|network|A complete)/.test(l)) ?? said[0];
  return line ? line.replace('npm error ', '') : explain(error ?? stderr);
}
