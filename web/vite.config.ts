// Builds into the API's static folder; in development the API is asked through a proxy, so that the cookie fits.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const api = process.env.PLUMBLINE_API ?? 'http://127.0.0.1:8080'

const WORTH_PACKING_BYTES = 1_400

/** Writes `NAME.gz` beside what the API then sends packed; last, because bundles change until they are written. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle).filter((one) => /\.(js|css|svg)$/.test(one))) {
        const file = join(dir ?? '', name)
        const source = readFileSync(file)
        if (source.length >= WORTH_PACKING_BYTES) writeFileSync(`${file}.gz`, gzipSync(source, { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  plugins: [react(), packed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: '../api/static',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of index.html allows no data: fonts or scripts; small pictures may be inlined as they are.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_800, // the operations page is one library, and nobody loads it in passing
    rolldownOptions: { input: ['index.html', 'docs.html'] },
  },
  server: {
    proxy: Object.fromEntries(
      ['/v1', '/objects', '/uploads', '/docs', '/openapi.json'].map((path) => [path, { target: api }]),
    ),
  },
  test: {
    restoreMocks: true,
    pool: 'threads',
    // A browser to be costs a second a file: only tests that touch one get it.
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          environment: 'node',
          isolate: false,
          include: [
            'src/{geometry,document,tools,render,ui}/**/*.test.ts',
            'src/pages/{images,models,predictions,projects,quarantine,review,signin}/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          environment: 'jsdom',
          include: ['src/{api,app}/**/*.test.ts', 'src/pages/{deadletters,overview,workspace}/**/*.test.ts', 'src/**/*.test.tsx'],
        },
      },
    ],
  },
})
