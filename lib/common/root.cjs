// Exports the folder of this package: the nearest parent folder with its package.json. ES modules and CommonJS have no common
// way to find their own file, so this is a CommonJS file that is copied to both dist/esm and dist/cjs.
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

function find(folder) {
  const manifest = join(folder, 'package.json');
  const here = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'frac-connections';
  return here ? folder : find(dirname(folder));
}

module.exports = find(__dirname);
