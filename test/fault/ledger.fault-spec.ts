import { fromHex } from '@app/encoding';
import { httpSigner, httpWitness, readPublished, receiptFor, Sequencer, startUpAudit } from '@app/ledger';
import { connect, type Tx, UnitOfWork } from '@app/persistence';
import { makeLogger, plainServer, systemRandom } from '@app/platform';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { Party, TICK } from '../support/ledger-stage.js';
import { Fault, faultyStore, Injected, MODES, NEVER } from '../support/fault.js';
import { expectSound } from '../support/sound.js';
import { until } from '../support/until.js';
import { database, eachLedger, intake, openCase, stage } from '../support/ledger-tests.js';

class FaultyWork extends UnitOfWork {
  readonly #fault: Fault;

  constructor(source: DataSource, fault: Fault) {
    super(source, () => 0);
    this.#fault = fault;
  }

  override run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#fault.through(() => super.run(work));
  }
}

let source: DataSource;

afterEach(() => source.destroy());
eachLedger();
beforeEach(async () => {
  source = await connect({ url: database.url('sc_worker'), poolSize: 3, name: 'fault' });
});

/** The next tick of a worker that has just started publishes everything, and nothing is wrong anywhere. */
async function expectRecovery(): Promise<void> {
  await stage.worker.work.read((tx) => startUpAudit(tx, stage.store));
  const size = await stage.tick();
  expect(await stage.publisher().publish()).toEqual({ published: size, problems: [] });
  await expectSound(stage, size);
}

describe('a write of a file', () => {
  it.each(MODES)(
    'at any step that %s is made good by the next publication',
    async (mode) => {
      await stage.tick();
      let at = 1;
      let writes = Infinity;
      for (; at <= writes; at += 1) {
        await openCase();
        await stage.tick();
        const fault = new Fault(at, mode);
        const publishing = stage.publisher({ store: faultyStore(stage.store, fault) }).publish();
        const outcome = await publishing.catch((error: unknown) => error);
        if (fault.writes < at) writes = fault.writes;
        else expect(outcome).toBeInstanceOf(Injected);
        const { published } = await stage.publisher().publish();
        await expectSound(stage, published);
        await expectRecovery();
      }
      // Two keys the first time, then at least a tile, a bundle and the checkpoint.
      expect(at).toBeGreaterThan(4);
    },
    60_000,
  );
});

describe('a transaction', () => {
  it.each(MODES)(
    'of the publisher that %s, at any step, is made good by the next publication',
    async (mode) => {
      let writes = Infinity;
      let at = 1;
      for (; at <= writes; at += 1) {
        await openCase();
        await stage.tick();
        const fault = new Fault(at, mode);
        const outcome = await stage
          .publisher({ work: new FaultyWork(source, fault) })
          .publish()
          .catch((error: unknown) => error);
        if (fault.writes < at) writes = fault.writes;
        else expect(outcome).toBeInstanceOf(Injected);
        await expectRecovery();
      }
      // Quorum looked for, checkpoint, two cosignatures, quorum, publication.
      expect(at).toBe(8);
    },
    60_000,
  );

  it.each(MODES)('of the sequencer that %s leaves whole ticks only', async (mode) => {
    await openCase();
    stage.now += TICK;
    const work = new FaultyWork(source, new Fault(1, mode));
    const broken = new Sequencer({ work, random: systemRandom, tickSeconds: TICK });
    await expect(broken.tick(stage.now)).rejects.toBeInstanceOf(Injected);
    const { size } = await stage.sequencer().tick(stage.now);
    expect(size).toBe(mode === 'fails' ? 8 : 16);
    await expectRecovery();
  });

  it('of the sequencer whose connection is cut in the middle leaves nothing', async () => {
    const { pseudonym } = await openCase();
    const holder = stage.owner.createQueryRunner();
    await holder.startTransaction();
    await stage.sequencer().tick(stage.now);
    await holder.query('select 1 from log_state for update');
    const blocked = new Sequencer({
      work: new FaultyWork(source, new Fault(NEVER, 'fails')),
      random: systemRandom,
      tickSeconds: TICK,
    }).tick(stage.now);
    const cut = blocked.catch((error: unknown) => error);
    const waiting = `from pg_stat_activity where application_name = 'fault' and wait_event_type = 'Lock'`;
    const isWaiting = async (): Promise<boolean> =>
      (await stage.owner.query<unknown[]>(`select 1 ${waiting}`)).length > 0;
    await until(isWaiting);
    await stage.owner.query(`select pg_terminate_backend(pid) ${waiting}`);
    expect(await cut).toBeInstanceOf(Error);
    await holder.rollbackTransaction();
    await holder.release();
    await expectRecovery();
    const receipt = await intake.work.read((tx) => receiptFor(tx, fromHex(pseudonym, 'case', 16), 1));
    expect(receipt?.index).toBeLessThan(8);
  });
});

describe('two workers', () => {
  it('of which one is overtaken by the other between numbering and signing go on', async () => {
    await stage.tick();
    const real = httpSigner(stage.signer.url);
    const overtaking = {
      sign: async (request: Parameters<typeof real.sign>[0]) => {
        await stage.tick();
        await stage.publisher().publish();
        return real.sign(request);
      },
    };
    const { problems } = await stage.publisher({ signer: overtaking }).publish();
    expect(problems).toEqual(['overtaken']);
    expect((await readPublished(stage.store))?.size).toBe(16);
    await expectRecovery();
  });
});

describe('a worker that stops', () => {
  it('before the first tick has published nothing, and does so without complaint', async () => {
    expect(await stage.publisher().publish()).toEqual({ published: 0, problems: [] });
    await expectRecovery();
  });

  it('between numbering and publishing catches up over many ticks, in one publication', async () => {
    for (let i = 0; i < 40; i += 1) {
      if (i % 7 === 0) await openCase();
      await stage.tick();
    }
    await expectRecovery();
    expect((await readPublished(stage.store))?.size).toBe(328);
  });

  it('finds all public files gone, and makes them anew before anything is published', async () => {
    for (let i = 0; i < 35; i += 1) await stage.tick();
    await stage.publisher().publish();
    rmSync(stage.ledgerDir, { recursive: true });
    expect(await stage.publisher().publish()).toEqual({ published: 280, problems: [] });
    await expectSound(stage, 280);
    await expectRecovery();
  });

  it('finds the checkpoint file alone gone, or older than what had its quorum', async () => {
    await stage.tick();
    await stage.publisher().publish();
    const { note } = (await readPublished(stage.store))!;
    await stage.tick();
    await stage.publisher().publish();
    const file = path.join(stage.ledgerDir, 'checkpoint');
    for (const restore of [() => rmSync(file), () => writeFileSync(file, note)]) {
      restore();
      expect(await stage.publisher().publish()).toEqual({ published: 16, problems: [] });
      await expectSound(stage, 16);
    }
  });
});

describe('the signer', () => {
  it('that is away delays the newest size only', async () => {
    await stage.tick();
    await stage.publisher().publish();
    await stage.signer.stop();
    await stage.tick();
    await openCase();
    await stage.tick();
    expect(await stage.publisher().publish()).toEqual({ published: 8, problems: ['signer_away'] });
    await stage.signer.start();
    await expectRecovery();
  });

  it('that signed, but whose answer was lost, is asked again from where it stands', async () => {
    await stage.tick();
    const real = httpSigner(stage.signer.url);
    const lossy = {
      sign: async (request: Parameters<typeof real.sign>[0]) => {
        expect((await real.sign(request)).kind).toBe('signed');
        return { kind: 'away' } as const;
      },
    };
    const report = await stage.publisher({ signer: lossy }).publish();
    expect(report).toEqual({ published: 0, problems: ['signer_away'] });
    await expectRecovery();
  });

  it('that answers with something else is not believed', async () => {
    await stage.tick();
    const { note } = await firstCheckpoint();
    await stage.tick();
    for (const wrong of [note, 'log\n1\n', '']) {
      const signer = { sign: () => Promise.resolve({ kind: 'signed' as const, note: wrong }) };
      const report = await stage.publisher({ signer }).publish();
      expect(report).toEqual({ published: 8, problems: ['signer_unusable'] });
    }
    await expectRecovery();
  });

  it('that lost its state signs on', async () => {
    await stage.tick();
    await stage.publisher().publish();
    rmSync(path.join(stage.folder, 'signer'), { recursive: true });
    await expectRecovery();
  });

  const elsewhere = Buffer.alloc(32, 1).toString('base64');

  it.each([
    ['signer_ahead', 'a larger tree than the database holds', 4096],
    ['fork_refused', 'another tree', 16],
  ])('stops everything with %s when it has signed %s', async (code, _, size) => {
    await stage.tick();
    await stage.publisher().publish();
    writeFileSync(path.join(stage.folder, 'signer', 'signed'), `${String(size)} ${elsewhere}\n`);
    await stage.tick();
    await expect(stage.publisher().publish()).rejects.toMatchObject({ name: 'LedgerFault', code });
    expect((await readPublished(stage.store))?.size).toBe(8);
  });
});

describe('a witness', () => {
  it('that is away holds back the checkpoint until the quorum is there again', async () => {
    await stage.tick();
    await stage.publisher().publish();
    await stage.witnesses[1]!.stop();
    await stage.tick();
    const held = { published: 8, problems: ['witness_away', 'quorum_missing'] };
    expect(await stage.publisher().publish()).toEqual(held);
    expect(await stage.publisher().publish()).toEqual(held);
    await stage.witnesses[1]!.start();
    expect(await stage.publisher().publish()).toEqual({ published: 16, problems: [] });
    await expectRecovery();
  });

  it('that was away for many ticks is led on from where it stands', async () => {
    await stage.tick();
    const same = stage.publisher();
    await same.publish();
    await stage.witnesses[0]!.stop();
    for (let i = 0; i < 5; i += 1) {
      await stage.tick();
      await same.publish();
    }
    await stage.witnesses[0]!.start();
    expect(await same.publish()).toEqual({ published: 48, problems: [] });
    await expectRecovery();
  });

  it('that cosigned, but whose answer was lost, cosigns again', async () => {
    await stage.tick();
    const witnesses = stage.witnesses.map(({ url }) => {
      const real = httpWitness(url);
      return {
        addCheckpoint: async (request: Parameters<typeof real.addCheckpoint>[0]) => {
          await real.addCheckpoint(request);
          return { kind: 'away' } as const;
        },
      };
    });
    const { problems } = await stage.publisher({ witnesses }).publish();
    expect(problems).toEqual(['witness_away', 'witness_away', 'quorum_missing']);
    expect(await stage.publisher().publish()).toEqual({ published: 8, problems: [] });
    await expectRecovery();
  });

  it('that lost its state cosigns on', async () => {
    await stage.tick();
    await stage.publisher().publish();
    rmSync(stage.witnessStateDir(0), { recursive: true });
    await expectRecovery();
  });

  it('that holds another tree is reported', async () => {
    await stage.tick();
    await stage.publisher().publish();
    const states = stage.witnessStateDir(1);
    const file = readdirSync(states).find((name) => name.endsWith('.cosigned'));
    const elsewhere = Buffer.alloc(32, 1).toString('base64');
    writeFileSync(path.join(states, file!), `8 ${elsewhere} ${String(stage.now)}\n`);
    await stage.tick();
    const report = await stage.publisher().publish();
    expect(report).toEqual({ published: 8, problems: ['witness_refused', 'quorum_missing'] });
    rmSync(states, { recursive: true });
    await expectRecovery();
  });

  it('that answers with what is no cosignature, or without end, is not counted', async () => {
    await stage.tick();
    await stage.publisher().publish();
    const lines = ['not a line', '— w2.example AAAAAA=='];
    const forged = { addCheckpoint: () => Promise.resolve({ kind: 'cosigned' as const, lines }) };
    const endless = new Party(() =>
      plainServer({
        log: makeLogger('test', { write: () => undefined }),
        maxBodyBytes: 65_536,
        post: { '/add-checkpoint': () => Promise.resolve({ status: 200, body: 'x'.repeat(1_000_000) }) },
      }),
    );
    await endless.start();
    await stage.tick();
    const witnesses = [forged, httpWitness(endless.url)];
    const report = await stage.publisher({ witnesses }).publish();
    expect(report).toEqual({
      published: 8,
      problems: ['cosignature_invalid', 'witness_away', 'quorum_missing'],
    });
    await endless.stop();
    await expectRecovery();
  });
});

async function firstCheckpoint(): Promise<{ note: string }> {
  await stage.publisher().publish();
  return (await readPublished(stage.store))!;
}
