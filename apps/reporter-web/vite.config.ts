/** Builds the reporter page: static files, the same bytes from the same sources, nothing inline. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { LATER } from './src/i18n/later.js';

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

/** Word lists in their order repeat how each word begins: a digit says how much of the word before is kept. */
function foldedWordLists(): Plugin {
  return {
    name: 'folded-word-lists',
    enforce: 'pre',
    load: (id) => {
      if (!/\/@scure\/bip39\/wordlists\/[\w-]+\.js$/.test(id)) return undefined;
      const words = /`([^`]+)`/.exec(readFileSync(id, 'utf8'))?.[1]?.split('\n') ?? [];
      const folded = fold(words);
      if (words.length !== 2_048 || unfold(folded).join() !== words.join())
        throw new Error(`${id} is no list of words that can be folded`);
      return `${unfold.toString()}\nexport const wordlist = Object.freeze(unfold(${JSON.stringify(folded)}));`;
    },
  };
}

function fold(words: readonly string[]): string {
  return words
    .map((word, at) => {
      const before = words[at - 1] ?? '';
      const most = Math.min(9, word.length, before.length);
      const kept = Array.from({ length: most }, (_, i) => i).find((i) => word[i] !== before[i]) ?? most;
      return `${String(kept)}${word.slice(kept)}`;
    })
    .join('');
}

function unfold(folded: string): string[] {
  let before = '';
  return Array.from(folded.matchAll(/(\d)(\D*)/g), ([, kept, end]) => {
    before = before.slice(0, Number(kept)) + (end ?? '');
    return before;
  });
}

type Tree<T> = T | { readonly [key: string]: Tree<T> };

/** The keys of the texts are written once, then the texts of each language in the order of the keys. */
function textsWithoutKeys(): Plugin {
  return {
    name: 'texts-without-keys',
    load: (id) => {
      if (!id.endsWith('/src/i18n/later.ts')) return undefined;
      const { en, ...others } = LATER;
      const texts = Object.entries({ en, ...others }).map(([language, tree]) => [
        language,
        inOrder(en, tree),
      ]);
      return `${withTexts.toString()}
        const shape = ${JSON.stringify(shapeOf(en))};
        export const LATER = Object.fromEntries(Object.entries(${JSON.stringify(Object.fromEntries(texts))})
          .map(([language, texts]) => [language, withTexts(shape, texts.values())]));`;
    },
  };
}

function shapeOf(tree: Tree<string>): Tree<0> {
  if (typeof tree === 'string') return 0;
  return Object.fromEntries(Object.entries(tree).map(([key, branch]) => [key, shapeOf(branch)]));
}

function inOrder(shape: Tree<string>, tree: Tree<string> | undefined): string[] {
  if (typeof tree === 'string') return [tree];
  if (tree === undefined || typeof shape === 'string') throw new Error('a language lacks a text');
  return Object.entries(shape).flatMap(([key, branch]) => inOrder(branch, tree[key]));
}

function withTexts(shape: Tree<0>, texts: Iterator<string>): Tree<string> {
  if (shape === 0) return String(texts.next().value);
  return Object.fromEntries(Object.entries(shape).map(([key, branch]) => [key, withTexts(branch, texts)]));
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
  plugins: [textsWithoutKeys()],
  publicDir: false,
  resolve: { alias, dedupe: ['@noble/curves', '@noble/hashes'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: {
    format: 'es',
    plugins: () => [oneCopyOfEachPrimitive(), noJsonSchema(), foldedWordLists()],
    rolldownOptions: { output, treeshake },
  },
  build: {
    outDir: `${repository}dist/apps/reporter-web`,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: { output, treeshake },
  },
});
