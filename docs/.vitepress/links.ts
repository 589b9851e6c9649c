import { dirname, join, relative, sep } from 'node:path';
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress';

interface Places {
  /** The folder of the site's sources. */
  docs: string;
  /** The address of the repository's files. */
  repository: string;
}

/**
 * A markdown-it plugin: links that work where the repository shows a page work on the site too. A relative one out of docs/, to a
 * source say, leads to the repository.
 */
export function repositoryLinks(md: MarkdownRenderer, places: Places): void {
  md.core.ruler.push('repository_links', ({ tokens, env }) => {
    for (const token of tokens.flatMap(each => each.children ?? [])) {
      if (token.type !== 'link_open') continue;
      token.attrSet('href', onSite((env as MarkdownEnv).path, token.attrGet('href') ?? '', places));
    }
  });
}

function onSite(page: string, href: string, { docs, repository }: Places): string {
  if (/^([a-z]+:|[/#])/i.test(href) || href === '') return href;
  const path = join(dirname(page), href);
  const inDocs = !relative(docs, path).startsWith('..');
  return inDocs ? href : `${repository}/${relative(dirname(docs), path).replaceAll(sep, '/')}`;
}
