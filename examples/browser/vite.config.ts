import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // relative paths, so that the build works in any folder of a server
  build: { chunkSizeWarningLimit: 3000 }, // kB; tfjs with three backends is large
});
