// frac-connections/native/linux-arm64: import it before the package.
require('./give.cjs')('linux-arm64', () =>
  require('../../../../prebuilds/linux-arm64/frac-connections.glibc.node'),
);
