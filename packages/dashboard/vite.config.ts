import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig, type Plugin } from 'vite'

/**
 * The built page obeys the gateway's content security policy: every script and style is a file of its own, named after
 * its content, and nothing is inlined. `node node_modules/vite/bin/vite.js build packages/dashboard` works from the root.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  // The same code wherever it is built: a test runner's NODE_ENV would have places of the source put into it.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  // The few words of other packages that the page needs at run time come from their sources.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  plugins: [themeBeforePaint()],
  build: {
    // The first versions with WebCrypto Ed25519, `light-dark()` and `color-mix()`; older browsers could not sign approvals.
    target: ['chrome137', 'firefox130', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    emptyOutDir: true,
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2, test: isCommon }] } } },
  },
})

/**
 * What several pages use is one file: many small ones compress worse and each is a request. What draws results and plots is large, and the
 * first page can do without it.
 */
function isCommon(module: string): boolean {
  return !/uplot|\/ui\/plot|\/cards\//.test(module)
}

/** The script sets the chosen theme, so nothing is painted before it ran; Vite drops the attribute from index.html's own tag. */
function themeBeforePaint(): Plugin {
  return {
    name: 'theme-before-paint',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => html.replaceAll('<script type="module" ', '<script type="module" blocking="render" '),
    },
  }
}
