// The folder of this file. It is CommonJS, and the build copies it into dist/esm and dist/cjs, because ES modules and CommonJS
// have no other common way to ask for it. Bundlers remove __dirname, or put another folder in its place.
module.exports = typeof __dirname === 'string' ? __dirname : '';
