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

/** zod writes no JSON Schema here; each of its types brings the code for it all the same. */
const NO_JSON_SCHEMA = '\0no-json-schema';
function noJsonSchema(): Plugin {
  const none = 'export const createToJSONSchemaMethod = () => undefined;\n';
  return {
    name: 'no-json-schema',
    enforce: 'pre',
    resolveId: (source, importer) =>
      importer?.endsWith('/zod/v4/classic/schemas.js') === true &&
      /\/(to-json-schema|json-schema-processors)\.js$/.test(source)
        ? NO_JSON_SCHEMA
        : undefined,
    load: (id) =>
      id === NO_JSON_SCHEMA
        ? `${none}export const createStandardJSONSchemaMethod = createToJSONSchemaMethod;`
        : undefined,
  };
}

/** Only what says so does something by being imported; the rest of an unused module is left out. */
const treeshake = {
  moduleSideEffects: (id: string): boolean => /before-zod|\/src\/main|sealing-worker|\.css/.test(id),
};

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
  worker: {
    format: 'es',
    plugins: () => [oneCopyOfEachPrimitive(), noJsonSchema()],
    rolldownOptions: { output, treeshake },
  },
  build: {
    outDir: `${repository}dist/apps/reporter-web`,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { output, treeshake },
  },
});
