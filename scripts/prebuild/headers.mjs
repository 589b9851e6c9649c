import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../common/paths.mjs';

/** The folders of the headers of Node and node-addon-api. cmake-js would set them, but it does not support cross-compilation. */
export function headers() {
  const require = createRequire(join(ROOT, 'package.json'));
  return [require('node-api-headers').include_dir, require('node-addon-api').include_dir].join(';');
}
