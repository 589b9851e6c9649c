// The API reference, as Markdown for the site; `npm run docs` runs it.
import { OptionDefaults } from 'typedoc';

/** @type {Partial<import('typedoc').TypeDocOptions> & Partial<import('typedoc-plugin-markdown').PluginOptions>} */
export default {
  entryPoints: ['index', 'layers/index', 'models/index', 'cuda/index', 'tensorflow/index'].map(
    entry => `lib/${entry}.ts`,
  ),
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme', './scripts/docs/module_names.mjs'],
  out: 'docs/api',
  docsRoot: 'docs',
  tsconfig: 'tsconfig.esm.json',
  readme: 'none',
  name: 'API',
  excludeInternal: true,
  blockTags: [...OptionDefaults.blockTags, '@ts-ignore'], // it has to be a documentation comment to reach the typings
  hidePageHeader: true,
  hideBreadcrumbs: true,
  disableSources: true,
  expandObjects: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  // A link that leads nowhere fails the build.
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: false },
  intentionallyNotExported: ['Inputs', 'Cpu', 'Gpu'],
};
