// frac-connections/native/linux-x64: import it before the package.
require('./give.cjs')('linux-x64', () =>
  require('../../../../prebuilds/linux-x64/frac-connections.glibc.node'),
);
