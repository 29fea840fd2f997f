/** Attacks on the history itself: by whoever owns the database, the log's key, or the witnesses too. */
import { auditLedger, Checkpoints, collectAuditBundle, collectLedger, ledgerOverHttp } from '@app/client';
import type { LedgerProof } from '@app/contracts';
import { encodeOpening, commitEvent, encodeCaseLeaf } from '@app/crypto/verify';
import { httpWitness, type LedgerServices, readPublished, startUpAudit } from '@app/ledger';
import { actInCase } from '../../support/case-maker.js';
import type { OfficeStage } from '../../support/office-stage.js';
import { auditStored } from '../../support/sound.js';
import {
  type Attack,
  findings,
  forgetSigner,
  forgetWitnesses,
  NOT_CAUGHT,
  rebuildTree,
  refusal,
  restoreTo,
  rewriteFirstEvent,
  tamper,
} from './attack.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A report under a witnessed checkpoint; the ledger has 16 entries. */
async function published(office: OfficeStage): Promise<string> {
  const { pseudonym } = await office.submit();
  await office.settle();
  return pseudonym;
}

async function rewritten(office: OfficeStage): Promise<void> {
  const pseudonym = await published(office);
  await rewriteFirstEvent(office, pseudonym);
  await rebuildTree(office, 8);
}

const noteOf = async (office: OfficeStage): Promise<string> =>
  (await readPublished(office.ledger.store))?.note ?? '';

const firstProblem = async (office: OfficeStage): Promise<string> =>
  (await office.ledger.publisher().publish()).problems[0] ?? NOT_CAUGHT;

/** Signer and witnesses have signed two trees of one size. @returns the note of the first. */
async function wholeFork(office: OfficeStage): Promise<string> {
  const pseudonym = await published(office);
  const before = await noteOf(office);
  await rewriteFirstEvent(office, pseudonym);
  await rebuildTree(office, 8);
  forgetSigner(office);
  forgetWitnesses(office);
  await office.ledger.publisher().publish();
  return before;
}

/** A server whose clock says what it likes. */
const withClock = (services: LedgerServices, now: () => number): LedgerServices => ({
  ...services,
  clock: { now, nowMs: () => now() * 1_000 },
});

/** The office acknowledges two hours after the report, and claims another time. */
async function acknowledgedAt(office: OfficeStage, shift: number): Promise<void> {
  const pseudonym = await published(office);
  office.ledger.now += 7_200;
  await office.settle();
  const desk = withClock(await office.ledger.services('sc_desk'), () => office.ledger.now + shift);
  const { actor } = await office.session('focal-1');
  await actInCase(desk, pseudonym, { kind: 'acknowledge' }, { actor });
  await office.settle();
}

const swap = (entries: string): string => `
  with two as (select s.outbox_id, s.seq, o.case_pseudonym from log_sequence s join log_outbox o on o.id = s.outbox_id
               where o.case_pseudonym is not null order by s.seq limit 2),
       swapped as (select a.outbox_id, b.seq from two a join two b on a.outbox_id <> b.outbox_id)
  ${entries}`;

export const HISTORY: readonly Attack[] = [
  {
    attack: 'rewrites an event and makes the tree anew',
    by: 'the signer',
    code: 'fork_refused',
    run: async (office) => {
      await rewritten(office);
      return refusal(office.ledger.publisher().publish());
    },
  },
  {
    attack: 'removes an event and makes the tree anew',
    by: 'the signer',
    code: 'fork_refused',
    run: async (office) => {
      const pseudonym = await published(office);
      const gone = `select id from log_outbox where case_pseudonym = '\\x${pseudonym}'`;
      await tamper(
        office,
        `delete from event_payloads where outbox_id in (${gone})`,
        `delete from log_sequence where outbox_id in (${gone})`,
        `delete from log_outbox where case_pseudonym = '\\x${pseudonym}'`,
      );
      await rebuildTree(office, 8);
      return refusal(office.ledger.publisher().publish());
    },
  },
  {
    attack: 'rewrites an event and takes away the signer’s memory',
    by: 'the witnesses',
    code: 'witness_refused',
    run: async (office) => {
      await rewritten(office);
      forgetSigner(office);
      return firstProblem(office);
    },
  },
  {
    attack: 'shows one tree to one witness and another to the other',
    by: 'every client',
    code: 'quorum_missing',
    run: async (office) => {
      const [one, two] = office.ledger.witnesses.map(({ url }) => httpWitness(url));
      const { pseudonym } = await office.submit();
      const proof = await office.api().call('keysetProof', {});
      await office.ledger.tick();
      await office.ledger.publisher({ witnesses: [one!] }).publish();
      await rewriteFirstEvent(office, pseudonym);
      await rebuildTree(office, 8);
      forgetSigner(office);
      await office.ledger.publisher({ witnesses: [two!] }).publish();
      const [row] = await office.ledger.owner.query<{ note: string; line: string }[]>(
        'select note, line from log_checkpoints join log_cosignatures using (size) where size = 16',
      );
      const note = `${row!.note}${row!.line}\n`;
      return refusal(office.connect({ keysetProof: () => withCheckpoint(proof, note) }));
    },
  },
  {
    attack: 'forks the log together with both witnesses',
    by: 'a client that saw the other tree',
    code: 'checkpoint_forked',
    run: async (office) => {
      const seen = await wholeFork(office);
      return refusal(office.connect({}, { checkpoint: seen }));
    },
  },
  {
    attack: 'forks the log together with both witnesses, and goes on from there',
    by: 'another client, when two compare what they were shown',
    code: 'checkpoint_forked',
    run: async (office) => {
      const seen = await wholeFork(office);
      await office.pass(2);
      const source = ledgerOverHttp(office.api());
      const first = await Checkpoints.remembering(office.deps.verifier, office.trust, source, seen);
      return refusal(first.verify(await noteOf(office)));
    },
  },
  {
    attack: 'forks the log together with both witnesses, while a mirror has the first tree',
    by: 'an auditor with the mirror’s checkpoint',
    code: 'checkpoint_forked',
    run: async (office) => {
      const mirrored = await wholeFork(office);
      await office.settle();
      const { service } = await office.session('oversight');
      const { verifier } = office.deps;
      const source = ledgerOverHttp(service.api);
      const ledger = await collectLedger(verifier, office.trust, await noteOf(office), source);
      const bundle = await collectAuditBundle(service, ledger);
      const checkpoints = [bundle.checkpoints[0]!, mirrored, ...bundle.checkpoints.slice(2)];
      const audit = auditLedger(verifier, office.trust, { ...bundle, checkpoints });
      return audit.findings[0]?.code ?? NOT_CAUGHT;
    },
  },
  {
    attack: 'restores an old backup and starts the worker',
    by: 'the start-up audit',
    code: 'checkpoint_mismatch',
    run: async (office) => {
      await published(office);
      const file = (await office.ledger.store.read('checkpoint'))!;
      await restoreTo(office, 8);
      await office.ledger.store.replace('checkpoint', file);
      const { store, worker } = office.ledger;
      return refusal(worker.work.read((tx) => startUpAudit(tx, store)));
    },
  },
  {
    attack: 'restores an old backup with all its files',
    by: 'the signer',
    code: 'signer_ahead',
    run: async (office) => {
      await published(office);
      await restoreTo(office, 8);
      await tamper(
        office,
        'delete from log_quorums',
        'delete from log_cosignatures',
        'delete from log_checkpoints',
      );
      return refusal(office.ledger.publisher().publish());
    },
  },
  {
    attack: 'restores an old backup and takes away the signer’s memory',
    by: 'the witnesses',
    code: 'witness_ahead',
    run: async (office) => {
      await published(office);
      await restoreTo(office, 8);
      await tamper(
        office,
        'delete from log_quorums',
        'delete from log_cosignatures',
        'delete from log_checkpoints',
      );
      forgetSigner(office);
      return refusal(office.ledger.publisher().publish());
    },
  },
  {
    attack: 'shows an old checkpoint to somebody who has seen a newer one',
    by: 'the reporter’s client',
    code: 'checkpoint_rolled_back',
    run: async (office) => {
      const old = await noteOf(office);
      const proof = await office.api().call('keysetProof', {});
      await office.pass(7);
      const seen = await noteOf(office);
      return refusal(
        office.connect({ checkpoint: () => old, keysetProof: () => proof }, { checkpoint: seen }),
      );
    },
  },
  {
    attack: 'exchanges the places of two entries in the database',
    by: 'the audit of the database',
    code: 'entry_mismatch',
    run: async (office) => {
      await office.submit();
      await published(office);
      await tamper(
        office,
        'alter table log_sequence drop constraint log_sequence_seq_key',
        swap(
          'update log_sequence s set seq = swapped.seq from swapped where s.outbox_id = swapped.outbox_id',
        ),
      );
      return audited(office);
    },
  },
  {
    attack: 'takes away a deadline behind the servers',
    by: 'the audit of the database',
    code: 'case_state_mismatch',
    run: async (office) => {
      await office.submit();
      await published(office);
      await tamper(office, 'update cases set next_deadline = null');
      return audited(office);
    },
  },
  {
    attack: 'dates an answer two hours earlier than it was given',
    by: 'the auditor',
    code: 'event_backdated',
    run: async (office) => {
      await acknowledgedAt(office, -7_000);
      return findings(office);
    },
  },
  {
    attack: 'dates an answer an hour ahead',
    by: 'the auditor',
    code: 'event_postdated',
    run: async (office) => {
      await acknowledgedAt(office, 3_600);
      return findings(office);
    },
  },
  {
    attack: 'withholds the opening of one cover entry',
    by: 'the auditor',
    code: 'opening_missing',
    run: (office) =>
      findings(office, {
        openings: (answer) => {
          const cover = answer.openings.findIndex((o) => o !== null);
          return { ...answer, openings: answer.openings.with(cover, null) };
        },
      }),
  },
  {
    attack: 'passes an event off as cover',
    by: 'the auditor',
    code: 'cover_invalid',
    run: async (office) => {
      const { now, owner } = office.ledger;
      const zero = new Uint8Array(32);
      const opening = encodeOpening({
        type: 255,
        actorClass: 2,
        flags: 0,
        casePseudonym: new Uint8Array(16).fill(7),
        eventNumber: 1,
        serverTime: now,
        previousCommitment: zero,
        payloadCommitment: zero,
        policyHash: zero,
        detail: null,
      });
      const entry = encodeCaseLeaf({ time: now, commitment: commitEvent(zero, opening) });
      await owner.query(
        `insert into log_outbox (case_pseudonym, event_number, entry, random, opening, created_at)
         values ('\\x${'07'.repeat(16)}', 1, '\\x${hex(entry)}', '\\x${hex(zero)}', '\\x${hex(opening)}', ${String(now)})`,
      );
      await office.settle();
      return findings(office);
    },
  },
];

async function audited({ ledger }: OfficeStage): Promise<string> {
  const found = await auditStored(ledger);
  return [...new Set(found.map(({ code }) => code))].join();
}

/** Puts another checkpoint under a proof. */
function withCheckpoint(answer: LedgerProof, note: string): LedgerProof {
  return { ...answer, proof: `${answer.proof.slice(0, answer.proof.indexOf('\n\n') + 2)}${note}` };
}
