/** What the database says of a case is what its ledger entries say, whatever happened to it: random histories. */
import { type Actor, type CaseAct, DEFAULT_POLICY } from '@app/casework';
import { describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { randomHistory } from '../../libs/casework/test/random-history.js';
import { actInCase } from '../support/case-maker.js';
import { eachLedger, intake, openCase, organisation, stage } from '../support/ledger-tests.js';
import { START, TICK } from '../support/ledger-stage.js';
import { replayed } from '../support/replayed.js';

const POLICY = { ...DEFAULT_POLICY, tick_seconds: TICK };
const HISTORIES = Number(process.env.FC_RUNS ?? 60);
const FIRST = process.env.HISTORY_SEED === undefined ? randomInt(2 ** 31) : Number(process.env.HISTORY_SEED);

/** Open cases of each subject, as they are kept and as they are. */
const LOADS = 'select subject, open_cases from assignee_loads where open_cases > 0 order by subject';
const COUNTED = `select assignee as subject, count(*) as open_cases from cases
  where assignee is not null and phase not in ('CLOSED', 'ERASED') group by assignee order by subject`;

eachLedger();

/** The roles of the generator by those of the organisation, so that the case is theirs. */
function inOrganisation<T>(of: T): T {
  const text = JSON.stringify(of)
    .replaceAll('a'.repeat(32), organisation.role('focal_point'))
    .replaceAll('b'.repeat(32), organisation.role('senior_official'));
  return JSON.parse(text) as T;
}

/** Staff and the worker change who has the case, one time in two, to one of two people or to nobody. */
function holderAfter({ kind }: Actor, n: number): { readonly assignee?: Buffer | null } {
  if (kind === 'reporter' || n % 2 === 0) return {};
  return { assignee: n % 5 === 0 ? null : Buffer.alloc(16, 1 + (n % 3)) };
}

/** Tries one after the other until one succeeds. */
async function firstOf<T>(of: readonly T[], attempt: (one: T) => Promise<boolean>): Promise<void> {
  for (const one of of) if (await attempt(one)) return;
}

describe('random histories through the server’s own path', () => {
  it('leave a row that a replay of the ledger gives again, with the response times to the second, and true loads', async () => {
    const desk = await stage.services('sc_desk');
    let recorded = 0;
    for (let seed = FIRST; seed < FIRST + HISTORIES; seed++) {
      stage.now = START;
      const { pseudonym } = await openCase({ consented: true });
      const { start, attempts } = inOrganisation(randomHistory(seed));
      const attempt = async (act: CaseAct, actor: Actor): Promise<boolean> => {
        const services = { system: stage.worker, reporter: intake, staff: desk }[actor.kind];
        try {
          await actInCase(services, pseudonym, act, { actor, ...holderAfter(actor, recorded) });
          recorded++;
          return true;
        } catch (error) {
          // A refusal is one plain word; anything else is a fault.
          if (error instanceof Error && /^[a-z_]+$/.test(error.message)) return false;
          throw error;
        }
      };
      for (const [act, actor] of start.slice(1)) {
        stage.now += 1;
        await attempt(act, actor);
      }
      for (const { act, actors, wait } of attempts) {
        stage.now += wait;
        await firstOf(actors, (actor) => attempt(act, actor));
      }
      const { unbroken, byDatabase, byLedger } = await replayed(stage.owner, pseudonym, POLICY);
      const told = { seed, unbroken, ...byDatabase };
      expect(told).toEqual({ seed, unbroken: true, ...byLedger });
    }
    expect(recorded).toBeGreaterThan(HISTORIES);
    expect(await stage.owner.query(LOADS)).toEqual(await stage.owner.query(COUNTED));
  }, 180_000);
});
