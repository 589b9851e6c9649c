// The folder of this file. CommonJS, copied as it is into dist/esm and dist/cjs, because ES modules and CommonJS share no
// other way to ask for it. Where a bundler has dropped __dirname, it is empty; a bundler may also put another folder in its place.
module.exports = typeof __dirname === 'string' ? __dirname : '';
