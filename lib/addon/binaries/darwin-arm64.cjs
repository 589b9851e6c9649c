// frac-connections/native/darwin-arm64: import it before the package.
require('./give.cjs')('darwin-arm64', () =>
  require('../../../../prebuilds/darwin-arm64/frac-connections.node'),
);
