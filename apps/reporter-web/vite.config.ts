/** Builds the reporter page: static files, the same bytes from the same sources, nothing inline. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));

const { compilerOptions } = JSON.parse(readFileSync(`${repository}tsconfig.json`, 'utf8')) as {
  compilerOptions: { paths: Record<string, [string]> };
};
const alias = Object.entries(compilerOptions.paths).map(([name, [file]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: repository + file.replace('./', ''),
}));

/** What age-encryption imports that the page already has, or never needs. */
const OF_AGE: Readonly<Record<string, string>> = {
  '@noble/post-quantum/hybrid.js': `${repository}libs/crypto/src/hazmat/age-hybrid.ts`,
  '@noble/curves/nist.js': `${repository}libs/crypto/src/hazmat/age-p256.ts`,
};

function oneCopyOfEachPrimitive(): Plugin {
  return {
    name: 'one-copy-of-each-primitive',
    enforce: 'pre',
    resolveId: (source, importer) =>
      importer?.includes('/node_modules/age-encryption/dist/') === true ? OF_AGE[source] : undefined,
  };
}

const output = {
  entryFileNames: 'assets/[name]-[hash].js',
  chunkFileNames: 'assets/[name]-[hash].js',
  assetFileNames: 'assets/[name]-[hash][extname]',
};

// eslint-disable-next-line no-restricted-syntax -- Vite reads the default export
export default defineConfig({
  root: here,
  base: '/',
  publicDir: false,
  resolve: { alias, dedupe: ['@noble/curves', '@noble/hashes'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', plugins: () => [oneCopyOfEachPrimitive()], rolldownOptions: { output } },
  build: {
    outDir: `${repository}dist/apps/reporter-web`,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { output },
  },
});
