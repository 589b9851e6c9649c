// The package's own folder: the nearest one above that holds its package.json. A CommonJS file, copied as it is into
// dist/esm and dist/cjs, since ES modules and CommonJS share no other way to say where they are.
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

function find(folder) {
  const manifest = join(folder, 'package.json');
  const here = existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'frac-connections';
  return here ? folder : find(dirname(folder));
}

module.exports = find(__dirname);
