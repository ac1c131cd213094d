import { defineConfig } from 'vite';

// Where `npm run dev` finds the API.
const server = 'http://127.0.0.1:8080';

export default defineConfig({
  // Every page is an HTML file in this folder; a new one is named here.
  appType: 'mpa',
  build: {
    rollupOptions: {
      input: ['index.html', 'graphiql.html'],
      onwarn(warning, warn) {
        // "use client" in the packages of GraphiQL means nothing here.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
    target: 'es2020',
    // The Content-Security-Policy allows files of our own, not data: addresses or inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The editor within GraphiQL is large; the landing page does not load it.
    chunkSizeWarningLimit: 5000,
  },
  worker: { format: 'es' },
  server: {
    proxy: { '^/graphql(\\?|$)': server, '/documents.json': server },
    // The example documents lie beside this folder.
    fs: { allow: ['..'] },
  },
});
