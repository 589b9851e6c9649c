// frac-connections/native/linux-arm64-musl: import it before the package.
require('./give.cjs')('linux-arm64-musl', () =>
  require('../../../../prebuilds/linux-arm64/frac-connections.musl.node'),
);
