import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { repositoryLinks } from './links.js';

const DOCS = join(import.meta.dirname, '..');
const REPOSITORY = 'https://github.com/frac-connections/frac-connections';
/** Where the site will lie on its server: '/' or '/folder/'. */
const BASE = process.env.DOCS_BASE ?? '/';
const API_SIDEBAR = join(DOCS, 'api', 'typedoc-sidebar.json');

/** The API's pages, as TypeDoc listed them: `npm run docs` runs it first. */
function apiSidebar(): DefaultTheme.SidebarItem[] {
  if (!existsSync(API_SIDEBAR)) throw new Error('docs/api is not there: type npm run docs');
  return JSON.parse(readFileSync(API_SIDEBAR, 'utf8')) as DefaultTheme.SidebarItem[];
}

/** The pages of docs/decisions, by their first headings. */
function decisions(): DefaultTheme.SidebarItem[] {
  const folder = join(DOCS, 'decisions');
  return readdirSync(folder)
    .filter(name => name.endsWith('.md') && name !== 'index.md')
    .sort()
    .map(name => ({ text: title(join(folder, name)), link: `/decisions/${name.replace(/\.md$/, '')}` }));
}

function title(file: string): string {
  const heading = /^# (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
  if (heading === undefined) throw new Error(`${file} has no heading`);
  return heading.replaceAll('`', '');
}

const guide: DefaultTheme.SidebarItem[] = [
  { text: 'Get started', link: '/guide/get-started' },
  { text: 'Choose a wiring', link: '/guide/wirings' },
  { text: 'Use it in tf.layers', link: '/guide/layers' },
  { text: 'From PyTorch and back', link: '/guide/pytorch' },
  { text: 'Train on a GPU', link: '/guide/gpu' },
  { text: 'In the browser', link: '/guide/browser' },
  { text: 'Bundle it', link: '/guide/bundlers' },
  { text: 'Troubleshooting', link: '/guide/troubleshooting' },
];

const project: DefaultTheme.SidebarItem[] = [
  { text: 'Architecture', link: `${REPOSITORY}/blob/main/ARCHITECTURE.md` },
  { text: 'Contributing', link: `${REPOSITORY}/blob/main/CONTRIBUTING.md` },
  { text: 'Changes', link: `${REPOSITORY}/blob/main/CHANGELOG.md` },
  { text: 'Benchmarks', link: `${REPOSITORY}/blob/main/bench/REPORT.md` },
];

const main: DefaultTheme.SidebarItem[] = [
  { text: 'Guide', items: guide },
  { text: 'Decisions', link: '/decisions/', collapsed: true, items: decisions() },
  { text: 'Project', items: project },
];

export default defineConfig({
  title: 'frac-connections',
  description: 'Frac-Connections and Hyper-Connections for TensorFlow.js',
  lang: 'en',
  base: BASE,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${BASE}icon.svg` }]],
  outDir: join(import.meta.dirname, 'dist'),
  markdown: { config: md => md.use(repositoryLinks, { docs: DOCS, repository: `${REPOSITORY}/blob/main` }) },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/get-started', activeMatch: '/guide/' },
      { text: 'API', link: '/api/', activeMatch: '/api/' },
      { text: 'Troubleshooting', link: '/guide/troubleshooting' },
    ],
    sidebar: { '/': main, '/api/': [{ text: 'API', link: '/api/', items: apiSidebar() }] },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
  },
});
