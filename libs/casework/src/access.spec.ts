import { describe, expect, it } from '@jest/globals';
import {
  consents,
  CUSTODIAN,
  DAY,
  FOCAL,
  FOCAL_2,
  GENEROUS,
  history,
  id,
  MECHANISM_OFFICER,
  OFFICIAL,
  OTHER_FOCAL,
  REFERRED,
  REPORTER,
  type Step,
  SUBMIT,
  SYSTEM,
  TO,
} from '../test/histories.js';
import { type Actor, CAP, mayAct, maySee, ROLE_KINDS, sitsAt, type StaffActor, VIEWS } from './access.js';
import { ACT_KINDS } from './acts.js';

const staff = (roleKind: StaffActor['roleKind'], caps = 511): StaffActor => ({ ...FOCAL, roleKind, caps });
const allowed = (actor: Actor): readonly string[] => ACT_KINDS.filter((kind) => mayAct(actor, kind));
const sees = (actor: Actor, steps: readonly Step[]): readonly string[] =>
  VIEWS.filter((view) => maySee(actor, view, history(...steps).state));

const TRIAGE_ACTS = [
  ...['acknowledge', 'message', 'start_triage', 'request_info', 'info_received', 'scope', 'reprioritise'],
  ...['ask_consent', 'stop_asking', 'close_out_of_scope', 'route', 'recuse', 'access', 'grant', 'divert'],
  ...['refer', 'hold', 'resume', 'assess_risk', 'link', 'close', 'reopen', 'invite_person', 'write_note'],
].sort();

const CUSTODY = ['legal_hold', 'review_retention', 'erase'];

describe('mayAct', () => {
  it('system and reporter', () => {
    expect(allowed(SYSTEM)).toEqual(['submit', 'assign', 'lapse', 'escalate', 'resume']);
    expect([...allowed(REPORTER)].sort()).toEqual(
      [
        ...['submit', 'answer_consent', 'consent_change', 'reporter_message', 'confirm', 'dispute'],
        ...['reopen', 'invite_person', 'join', 'change_code', 'close_mailbox'],
      ].sort(),
    );
  });

  it('every staff act hangs on exactly one capability', () => {
    expect([...allowed(staff('senior_official', CAP.triage))].sort()).toEqual(TRIAGE_ACTS);
    expect(allowed(staff('senior_official', CAP.decide))).toEqual([
      'accept',
      'return',
      'send_intervention',
      'state_reply',
      'monitor',
      'review',
      'act_again',
    ]);
    expect(allowed(staff('senior_official', CAP.draft))).toEqual([
      'draft_intervention',
      'follow_up',
      'end_intervention',
    ]);
    expect(allowed(staff('senior_official', CAP.clear))).toEqual(['clear_intervention']);
    expect(allowed(staff('senior_official', CAP.epoch))).toEqual(['succession']);
    expect(allowed(staff('senior_official', CAP.oversee | CAP.erase))).toEqual([]);
    expect(allowed(staff('custodian', CAP.erase))).toEqual(CUSTODY);
    expect(allowed(staff('mechanism', CAP.refer))).toEqual(['note_referral']);
  });

  it('no role kind outside the table does anything, whatever its capabilities', () => {
    const idle = ROLE_KINDS.filter((kind) => allowed(staff(kind)).length === 0);
    expect(idle).toEqual(['oversight', 'administrator']);
    expect(allowed(staff('custodian'))).toEqual(CUSTODY);
    expect(allowed(staff('mechanism'))).toEqual(['note_referral']);
    expect([...allowed(staff('focal_point'))].sort()).toEqual(
      [...TRIAGE_ACTS, 'clear_intervention', 'succession'].sort(),
    );
    expect(allowed(staff('ethics'))).toEqual(allowed(staff('senior_official')));
    expect(allowed(staff('alternate'))).toEqual(allowed(staff('senior_official')));
  });
});

describe('sitsAt', () => {
  it('follows the case', () => {
    const desks = (actor: StaffActor, steps: readonly Step[]): readonly boolean[] => {
      const { state } = history(...steps);
      return (['triage', 'official', 'either', 'none'] as const).map((desk) => sitsAt(actor, state, desk));
    };
    expect(desks(FOCAL, TO.received)).toEqual([true, false, true, true]);
    expect(desks(OFFICIAL, TO.received)).toEqual([false, false, false, true]);
    expect(desks(OFFICIAL, TO.routed)).toEqual([false, true, true, true]);
    const escalated: readonly Step[] = [
      ...TO.received,
      [{ kind: 'escalate', role: OFFICIAL.roleId, quarantined: false }, SYSTEM, 14 * DAY],
    ];
    expect(desks(OFFICIAL, escalated)).toEqual([true, true, true, true]);
  });
});

describe('maySee', () => {
  const pseudonym: readonly Step[] = [
    [{ ...SUBMIT, consents: consents({ ...GENEROUS, K3: 'P' }) }, REPORTER],
    ...TO.routed.slice(1),
  ];
  const oversight: Actor = { ...staff('oversight', CAP.oversee), roleId: id('e') };

  it.each([
    ['system', SYSTEM, TO.routed, ['status', 'timeline']],
    ['reporter', REPORTER, TO.routed, ['status', 'timeline', 'main', 'identity', 'extract']],
    ['focal point', FOCAL, TO.received, ['status', 'timeline', 'main', 'identity', 'internal', 'extract']],
    ['another focal point', OTHER_FOCAL, TO.received, []],
    ['official before routing', OFFICIAL, TO.inScope, []],
    ['official, named', OFFICIAL, TO.routed, ['status', 'timeline', 'main', 'identity', 'extract']],
    ['official, pseudonym', OFFICIAL, pseudonym, ['status', 'timeline', 'main', 'extract']],
    ['oversight', oversight, TO.routed, ['timeline']],
    ['oversight without the capability', { ...oversight, caps: 0 }, TO.routed, []],
    ['custodian', { ...CUSTODIAN, roleId: FOCAL.roleId }, TO.routed, []],
    ['mechanism', staff('mechanism'), TO.routed, []],
    ['mechanism with an extract', MECHANISM_OFFICER, REFERRED, ['extract']],
    ['another mechanism', { ...MECHANISM_OFFICER, roleId: id('9') }, REFERRED, []],
    ['administrator', staff('administrator'), TO.routed, []],
    ['stepped back', FOCAL, [...TO.received, [{ kind: 'recuse', whole_role: false }, FOCAL]], []],
    [
      'a colleague of one who stepped back',
      FOCAL_2,
      [...TO.received, [{ kind: 'recuse', whole_role: false }, FOCAL]],
      ['status', 'timeline', 'main', 'identity', 'internal', 'extract'],
    ],
  ] as readonly (readonly [string, Actor, readonly Step[], readonly string[]])[])(
    '%s',
    (_name, actor, steps, views) => {
      expect(sees(actor, steps)).toEqual(views);
    },
  );
});
