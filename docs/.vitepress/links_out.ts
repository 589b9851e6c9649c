import { dirname, join, relative, sep } from 'node:path';
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';

/**
 * A markdown-it plugin: a relative link out of docs/, to a source say, is one to the repository. So the pages can be read in the
 * repository and as a site.
 */
export function linksOut(
  md: MarkdownRenderer,
  { docs, repository }: { docs: string; repository: string },
): void {
  md.core.ruler.push('links_out', ({ tokens, env }) => {
    for (const token of tokens.flatMap(each => each.children ?? [])) {
      if (token.type !== 'link_open') continue;
      const target = out(docs, (env as MarkdownEnv).path, token.attrGet('href') ?? '');
      if (target !== undefined) token.attrSet('href', `${repository}/${target}`);
    }
  });
}

/** The path below the repository's root that a link in a page leads to, if that is not in docs/. */
function out(docs: string, page: string, href: string): string | undefined {
  if (/^([a-z]+:|[/#])/i.test(href) || href === '') return undefined;
  const path = join(dirname(page), href);
  if (!relative(docs, path).startsWith('..')) return undefined;
  return relative(dirname(docs), path).replaceAll(sep, '/');
}
