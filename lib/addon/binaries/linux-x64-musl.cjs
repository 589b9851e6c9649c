// frac-connections/native/linux-x64-musl: import it before the package.
require('./give.cjs')('linux-x64-musl', () =>
  require('../../../../prebuilds/linux-x64/frac-connections.musl.node'),
);
