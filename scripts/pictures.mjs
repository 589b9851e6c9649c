#!/usr/bin/env node
// Makes the pictures of the README and the site from rows of bench/results: `npm run docs:pictures` writes docs/public/*.svg, which
// are committed. A test holds them to what this makes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectionPicture, icon } from './pictures/connection.mjs';
import { lossPicture } from './pictures/loss.mjs';
import { latestComparison } from './pictures/runs.mjs';
import { THEMES } from './pictures/themes.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const FOLDER = join(ROOT, 'docs', 'public');

/** All pictures by file name. */
export function makePictures() {
  const comparison = latestComparison(join(ROOT, 'bench', 'results'));
  const ofTheme = ([name, theme]) => [
    [`connection-${name}.svg`, connectionPicture(theme, 3)],
    [`connection-narrow-${name}.svg`, connectionPicture(theme, 1)],
    [`loss-${name}.svg`, lossPicture(theme, comparison)],
    [`loss-narrow-${name}.svg`, lossPicture(theme, comparison, { narrow: true })],
  ];
  return { 'icon.svg': icon(THEMES.dark), ...Object.fromEntries(Object.entries(THEMES).flatMap(ofTheme)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, svg] of Object.entries(makePictures())) {
    writeFileSync(join(FOLDER, name), svg);
    console.log(join('docs', 'public', name));
  }
}
