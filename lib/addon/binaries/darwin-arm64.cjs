// frac-connections/native/darwin-arm64: loads the addon of this platform by a path that bundlers see. Import it before the package.
// It is CommonJS, because Node loads an addon only by require.
const key = Symbol.for('frac-connections.addon');
const file = 'frac-connections/native/darwin-arm64';
try {
  globalThis[key] = { file, addon: require('../../../../prebuilds/darwin-arm64/frac-connections.node') };
} catch (error) {
  globalThis[key] = { file, reason: `${file}: ${error.message}` };
}
