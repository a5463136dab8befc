import { defaultClientConditions, defineConfig } from 'vite'

export default defineConfig({
  // Outside of this checkout, nothing of this is needed: the packages are built.
  resolve: { conditions: ['@tallymesh/source', ...defaultClientConditions] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { target: 'es2022' },
})
