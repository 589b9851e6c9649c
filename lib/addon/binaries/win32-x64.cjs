// frac-connections/native/win32-x64: import it before the package.
require('./give.cjs')('win32-x64', () => require('../../../../prebuilds/win32-x64/frac-connections.node'));
