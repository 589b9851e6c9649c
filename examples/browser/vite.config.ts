import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // so that what is built can be put in any folder of a server
  build: { chunkSizeWarningLimit: 3000 }, // tfjs with three backends
});
