// frac-connections/native/darwin-x64: import it before the package.
require('./give.cjs')('darwin-x64', () => require('../../../../prebuilds/darwin-x64/frac-connections.node'));
