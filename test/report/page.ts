import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The page's script as it is in lib/, not as it was when dist/ was last built. */
export async function bundlePage(): Promise<string> {
  const entry = fileURLToPath(new URL('../../lib/report/page/main.js', import.meta.url));
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'iife',
    write: false,
  });
  return bundle.outputFiles[0]!.text;
}
