import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, createLogger, type Plugin, preview } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What was built, and what the builder had to say. */
export interface Site {
  /** The modules that went into the bundle, by their paths. */
  modules: string[];
  /** Those that ask for a module of Node, which Vite leaves empty. */
  askForNode: string[];
  /** What the bundle's chunks import from outside of it. */
  imports: string[];
  /** The chunks' text. */
  code: string;
  warnings: string[];
}

/**
 * A folder as a user of the package has it: sources, and in node_modules the package as npm would pack it, with nothing beside it
 * but what the user installs.
 */
export class Consumer {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'frac-browser-'));

  /** @param packages what is installed beside the package */
  constructor(packages: readonly string[]) {
    const modules = path.join(this.folder, 'node_modules');
    const own = path.join(modules, 'frac-connections');
    if (!existsSync(path.join(root, 'dist'))) throw new Error('dist/ is not there; type: npm run build');
    mkdirSync(own, { recursive: true });
    copyFileSync(path.join(root, 'package.json'), path.join(own, 'package.json'));
    cpSync(path.join(root, 'dist'), path.join(own, 'dist'), { recursive: true });
    for (const name of packages) {
      const link = path.join(modules, name);
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync(path.join(root, 'node_modules', name), link);
    }
  }

  /** Copies a folder of the repository to here. */
  add(from: string, to: string): void {
    const skip = (file: string) => !file.includes('node_modules');
    cpSync(path.join(root, from), path.join(this.folder, to), {
      recursive: true,
      filter: file => skip(path.relative(root, file)),
    });
  }

  /** Builds a page with Vite. */
  async build(page: string): Promise<Site> {
    const site: Site = { modules: [], askForNode: [], imports: [], code: '', warnings: [] };
    const logger = createLogger('silent');
    const keep = (message: string) => void site.warnings.push(message);
    Object.assign(logger, { warn: keep, warnOnce: keep, error: keep });
    await build({
      root: path.join(this.folder, page),
      base: './',
      logLevel: 'silent',
      customLogger: logger,
      plugins: [describeBundle(site)],
      build: { outDir: 'built', emptyOutDir: true, chunkSizeWarningLimit: 5000 },
    });
    return site;
  }

  /** Serves what {@link build} made. */
  async serve(page: string): Promise<{ url: string; close: () => Promise<void> }> {
    const server = await preview({
      root: path.join(this.folder, page),
      logLevel: 'silent',
      build: { outDir: 'built' },
      preview: { port: 0, host: '127.0.0.1' },
    });
    return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function describeBundle(site: Site): Plugin {
  return {
    name: 'describe-bundle',
    generateBundle(_, bundle) {
      const empty = [...this.getModuleIds()].filter(id => id.includes('__vite-browser-external'));
      site.askForNode = empty.flatMap(id => this.getModuleInfo(id)?.importers ?? []);
      for (const output of Object.values(bundle)) {
        if (output.type !== 'chunk') continue;
        site.modules.push(...Object.keys(output.modules));
        const outside = [...output.imports, ...output.dynamicImports].filter(name => !(name in bundle));
        site.imports.push(...outside);
        site.code += output.code;
      }
    },
  };
}
