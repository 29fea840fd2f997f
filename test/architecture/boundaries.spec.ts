import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plantedTree, ROOT, runTool } from './tree.js';

interface Cruise {
  summary: {
    violations: { from: string; to: string; rule: { name: string } }[];
    ruleSetUsed: { forbidden: { name: string }[] };
  };
}

function cruise(folder: string, parts: readonly string[]): Cruise['summary'] {
  const args = [
    '--config',
    '.dependency-cruiser.mjs',
    '--preserve-symlinks',
    '--output-type',
    'json',
    '--',
    ...parts,
  ];
  return (runTool(folder, 'dependency-cruiser/bin/dependency-cruise.mjs', args) as Cruise).summary;
}

const use = (...specifiers: string[]): string => specifiers.map((name) => `import '${name}';\n`).join('');

/** What is planted, in which file, and which rules must name that file. */
const PLANTS: readonly { what: string; file: string; text: string; rules: readonly string[] }[] = [
  {
    what: 'a server importing seal',
    file: 'apps/intake/src/planted-seal.ts',
    text: use('@app/crypto/seal'),
    rules: ['servers-cannot-reach-seal', 'seal-only-clients'],
  },
  {
    what: 'a server importing seal by a relative path',
    file: 'apps/desk/src/planted-relative.ts',
    text: use('../../../libs/crypto/src/seal.js'),
    rules: ['servers-cannot-reach-seal', 'seal-only-clients'],
  },
  {
    what: 'a server reaching seal through two other files',
    file: 'apps/worker/src/planted-far.ts',
    text: use('./planted-hop.js'),
    rules: ['servers-cannot-reach-seal'],
  },
  {
    what: 'the hop between them',
    file: 'apps/worker/src/planted-hop.ts',
    text: use('../../../libs/tlog/src/planted-through.js'),
    rules: ['servers-cannot-reach-seal', 'lib-front-door-only'],
  },
  {
    what: 'tlog importing seal',
    file: 'libs/tlog/src/planted-through.ts',
    text: use('@app/crypto/seal'),
    rules: ['tlog-verifies-only', 'seal-only-clients'],
  },
  {
    what: 'a node library reaching seal through a pure one',
    file: 'libs/ledger/src/planted.ts',
    text: use('../../tlog/src/planted-through.js'),
    rules: ['servers-cannot-reach-seal'],
  },
  {
    what: 'a server importing the sealing package itself',
    file: 'apps/signer/src/planted-age.ts',
    text: use('age-encryption'),
    rules: ['servers-cannot-reach-seal', 'primitives-only-in-hazmat'],
  },
  {
    what: 'the worker importing sign',
    file: 'apps/worker/src/planted-sign.ts',
    text: use('@app/crypto/sign'),
    rules: ['sign-only-with-keys'],
  },
  {
    what: 'the cli importing the ledger',
    file: 'apps/cli/src/planted-ledger.ts',
    text: use('@app/ledger'),
    rules: ['clients-cannot-reach-shell', 'apps/cli-imports'],
  },
  {
    what: 'a server importing the client use cases',
    file: 'apps/desk/src/planted-client.ts',
    text: use('@app/client'),
    rules: ['client-only-clients', 'servers-do-not-call-themselves'],
  },
  {
    what: 'a server calling its own API',
    file: 'apps/desk/src/planted-api.ts',
    text: use('@app/api-client'),
    rules: ['servers-do-not-call-themselves', 'apps/{intake,desk,worker}-imports'],
  },
  {
    what: 'a pure library importing Node and a framework',
    file: 'libs/casework/src/planted.ts',
    text: use('node:crypto', '@nestjs/common'),
    rules: ['pure-has-no-platform'],
  },
  {
    what: 'tlog importing sodium',
    file: 'libs/tlog/src/planted-sodium.ts',
    text: use('libsodium-wrappers'),
    rules: ['primitives-only-in-hazmat'],
  },
  {
    what: 'zod outside contracts and configuration',
    file: 'libs/client/src/planted.ts',
    text: use('zod'),
    rules: ['zod-only-in-contracts-and-config'],
  },
  {
    what: 'inflating outside the library that caps it',
    file: 'libs/casework/src/planted-inflate.ts',
    text: use('fflate'),
    rules: ['inflate-only-in-strip'],
  },
  {
    what: 'contracts importing tlog',
    file: 'libs/contracts/src/planted.ts',
    text: use('@app/tlog'),
    rules: ['libs/contracts-imports'],
  },
  {
    what: 'a deep import into a library',
    file: 'apps/cli/src/planted-deep.ts',
    text: use('../../../libs/tlog/src/planted-through.js'),
    rules: ['lib-front-door-only'],
  },
  {
    what: 'a deep import across features',
    file: 'apps/desk/src/planted-one/a.ts',
    text: use('../planted-two/b.js'),
    rules: ['feature-front-door-only'],
  },
  { what: 'its target', file: 'apps/desk/src/planted-two/b.ts', text: 'export const b = 1;\n', rules: [] },
  {
    what: 'a cycle of types alone',
    file: 'apps/desk/src/planted-ring-a.ts',
    text: "import type { B } from './planted-ring-b.js';\nexport type A = B | 1;\n",
    rules: ['no-circular'],
  },
  {
    what: 'its other half, named once',
    file: 'apps/desk/src/planted-ring-b.ts',
    text: "import type { A } from './planted-ring-a.js';\nexport type B = A | 2;\n",
    rules: [],
  },
  {
    what: 'an app importing another',
    file: 'apps/intake/src/planted-app.ts',
    text: use('../../desk/src/planted-two/b.js'),
    rules: ['apps-are-islands'],
  },
  {
    what: 'a library importing an app',
    file: 'libs/platform/src/planted.ts',
    text: use('../../../apps/desk/src/planted-two/b.js'),
    rules: ['libs-not-to-apps'],
  },
  {
    what: 'the signer importing TypeORM',
    file: 'apps/signer/src/planted-db.ts',
    text: use('typeorm'),
    rules: ['typeorm-only-in-the-shell'],
  },
  {
    what: 'a server importing the database driver',
    file: 'apps/desk/src/planted-pg.ts',
    text: use('pg'),
    rules: ['pg-only-in-persistence'],
  },
  {
    what: 'a server importing the queue',
    file: 'apps/intake/src/planted-queue.ts',
    text: use('bullmq'),
    rules: ['queue-only-in-jobs'],
  },
  {
    what: 'a surface that could send mail',
    file: 'apps/intake/src/planted-mail.ts',
    text: use('nodemailer'),
    rules: ['mail-only-in-notices'],
  },
  {
    what: 'a surface reaching the store of jobs',
    file: 'apps/desk/src/planted-jobs.ts',
    text: use('@app/jobs'),
    rules: ['surfaces-cannot-reach-the-queue'],
  },
  {
    what: 'a witness loading a framework',
    file: 'apps/witness/src/planted-nest.ts',
    text: use('@app/platform/nest'),
    rules: ['small-processes-stay-small'],
  },
  {
    what: 'a web page importing Node',
    file: 'apps/planted-web/src/main.ts',
    text: use('node:fs'),
    rules: ['web-has-no-node'],
  },
  {
    what: 'code importing a test',
    file: 'apps/cli/src/planted-spec.ts',
    text: use('./planted.spec.js'),
    rules: ['not-to-spec'],
  },
  { what: 'its target', file: 'apps/cli/src/planted.spec.ts', text: 'export const c = 1;\n', rules: [] },
  {
    what: 'code importing test support',
    file: 'apps/cli/src/planted-support.ts',
    text: use('../../../test/support/planted.js'),
    rules: ['not-to-test'],
  },
  { what: 'its target', file: 'test/support/planted.ts', text: 'export const d = 1;\n', rules: [] },
  {
    what: 'code importing a development dependency',
    file: 'libs/persistence/src/planted.ts',
    text: use('fast-check'),
    rules: ['not-to-dev-dep'],
  },
  {
    what: 'an import that leads nowhere',
    file: 'apps/cli/src/planted-nowhere.ts',
    text: use('./not-there.js'),
    rules: ['not-to-unresolvable'],
  },
];

describe('import boundaries', () => {
  it('hold in this repository', () => {
    const { violations } = cruise(ROOT, ['apps', 'libs', 'test']);
    expect(violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  });

  describe('report what is planted:', () => {
    let tree: ReturnType<typeof plantedTree>;
    let summary: Cruise['summary'];

    beforeAll(() => {
      tree = plantedTree(Object.fromEntries(PLANTS.map(({ file, text }) => [file, text])));
      summary = cruise(tree.folder, ['apps', 'libs', 'test']);
    }, 60_000);
    afterAll(() => tree.remove());

    it.each(PLANTS.filter(({ rules }) => rules.length > 0))('$what', ({ file, rules }) => {
      const reported = summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);
      expect(reported).toEqual(expect.arrayContaining([...rules]));
    });

    it('with a plant for every rule but the rows of the import table', () => {
      const planted = new Set(PLANTS.flatMap(({ rules }) => rules));
      const rules = summary.ruleSetUsed.forbidden
        .map(({ name }) => name)
        .filter((name) => !name.endsWith('-imports'));
      expect(rules.filter((name) => !planted.has(name))).toEqual([]);
    });
  });
});
