/* eslint-disable max-lines -- the tests share one stage, which is built in this file */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { acceleratePolicy, DEFAULT_POLICY, type FollowUp } from '@app/casework';
import type { CaseFile, Mailbox } from '@app/contracts';
import { makeReporterCode, nobleSealing, sodiumSealing } from '@app/crypto/seal';
import { nobleSigning, sodiumSigning } from '@app/crypto/sign';
import { nobleVerifier, sodiumVerifier } from '@app/crypto/verify';
import { encodeUtf8, toHex } from '@app/encoding';
import { countingRandom, type Providers } from '../test/fake-office.js';
import { FakeService, report } from '../test/fake-service.js';
import {
  accept,
  acknowledge,
  type ActResult,
  askConsent,
  changeConsent,
  clearIntervention,
  closeOutOfScope,
  confirm,
  connect,
  decideScope,
  dispute,
  draftIntervention,
  listCases,
  type MailboxView,
  message,
  openCase,
  openCaseAttachment,
  type OpenedCase,
  openMailbox,
  openMailboxAttachment,
  prepareReport,
  recuse,
  reply,
  requestInformation,
  returnCase,
  route,
  sendIntervention,
  type Service,
  type StaffSession,
  startTriage,
  submitReport,
  unlock,
} from './index.js';

const noble: Providers = { signing: nobleSigning(), verifier: nobleVerifier(), sealing: nobleSealing() };
const LETTER = { name: 'letter.pdf', data: encodeUtf8('dear sir') };
const TEST = {
  scope: 'SC-A',
  act: true,
  link: true,
  credibility: 'SINGLE_SOURCE',
  likelihood: 'low',
  severity: 'moderate',
  priority: 'P3',
} as const;

/** One office, one report, and everybody's way in. */
class Stage {
  readonly fake: FakeService;
  readonly service: Service;
  readonly code: Uint8Array<ArrayBuffer>;

  constructor(fake: FakeService, service: Service, code: Uint8Array<ArrayBuffer>) {
    this.fake = fake;
    this.service = service;
    this.code = code;
  }

  static async make(codes: Record<string, string> = {}, providers = noble): Promise<Stage> {
    const policy = acceleratePolicy(DEFAULT_POLICY, 3_600, 'for tests');
    const fake = await FakeService.make(providers, policy);
    const service = await connect(fake.deps(), fake.api(), fake.trust());
    const code = makeReporterCode(countingRandom('code'));
    const preparation = await prepareReport(service, { report: report({}, codes), files: [LETTER], code });
    if (!preparation.ok) throw new Error('problems');
    await submitReport(service, preparation.prepared);
    return new Stage(fake, service, code);
  }

  get pseudonym(): string {
    return toHex(this.fake.cases[0]?.pseudonym ?? new Uint8Array(0));
  }

  async staff(name: string): Promise<StaffSession> {
    const member = this.fake.org.staff.find((one) => one.name === name);
    if (member === undefined) throw new Error(name);
    const { deps, api, trust } = this.service;
    // Each has a device of her own.
    const own = await connect({ ...deps, random: countingRandom(name) }, api, trust);
    return unlock(own, member.subject, member.words.join(' '));
  }

  async open(name: string): Promise<OpenedCase> {
    return openCase(await this.staff(name), this.pseudonym);
  }

  mailbox(): Promise<MailboxView> {
    return openMailbox(this.service, this.code);
  }

  async triaged(): Promise<void> {
    await done(startTriage(await this.open('focal-1')));
    await done(decideScope(await this.open('focal-1'), TEST));
  }
}

async function done(result: Promise<ActResult>): Promise<string> {
  const outcome = await result;
  if (!outcome.ok) throw new Error(outcome.refusal.code);
  return outcome.event.event.type;
}

const refusalOf = async (result: Promise<ActResult>): Promise<string> => {
  const outcome = await result;
  return outcome.ok ? 'accepted' : outcome.refusal.code;
};

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );

describe.each([['noble'], ['sodium']])('the main path with %s', (name) => {
  it('goes from the report to an intervention that the reporter confirms', async () => {
    const providers: Providers =
      name === 'noble'
        ? noble
        : {
            signing: await sodiumSigning(),
            verifier: await sodiumVerifier(),
            sealing: await sodiumSealing(),
          };
    const stage = await Stage.make({}, providers);

    const focal = await stage.staff('focal-1');
    expect((await listCases(focal)).cases.map((one) => [one.casePseudonym, one.phase])).toEqual([
      [stage.pseudonym, 'RECEIVED'],
    ]);
    const first = await openCase(focal, stage.pseudonym);
    expect(first.fullReport).toEqual(report());
    const [attachment] = first.attachments;
    expect(attachment && (await openCaseAttachment(first, attachment))).toEqual([LETTER]);

    expect(await done(acknowledge(first, { text: 'we have it' }))).toBe('ACKNOWLEDGED');
    await stage.triaged();
    expect(await done(message(await stage.open('focal-1'), 'what may we do?'))).toBe('CONTACTED');
    expect(await done(route(await stage.open('focal-1'), 'a grave case'))).toBe('ROUTED');

    const received = await stage.open('official');
    expect(received.fullReport).toEqual(report());
    expect(received.conversation.map(({ kind, text }) => [kind, text])).toEqual([
      ['message', 'we have it'],
      ['message', 'what may we do?'],
      ['handover', 'a grave case'],
    ]);
    expect(await done(accept(received))).toBe('ACCEPTED');
    const draft = { intervention: 'NOTE_VERBALE', channel: 'STATE', level: '2' } as const;
    expect(await done(draftIntervention(await stage.open('official'), draft, 'Excellency'))).toBe(
      'INTERVENTION_DRAFTED',
    );
    expect(await refusalOf(clearIntervention(await stage.open('official'), 1))).toBe('same_officer');
    const clearing = await stage.open('official-second');
    expect(clearing.conversation.at(-1)).toMatchObject({ kind: 'note', text: 'Excellency' });
    expect(await done(clearIntervention(clearing, 1))).toBe('INTERVENTION_CLEARED');
    expect(await done(sendIntervention(await stage.open('official'), 1))).toBe('INTERVENTION_SENT');
    expect(await done(message(await stage.open('official'), 'it was raised', true))).toBe('REPLY');

    const view = await stage.mailbox();
    expect(view.status).toEqual({ status: 'action_taken' });
    expect(view.conversation.map(({ from, text }) => [from, text])).toEqual([
      ['staff', 'we have it'],
      ['staff', 'what may we do?'],
      ['staff', 'a grave case'],
      ['staff', 'it was raised'],
    ]);
    expect(view.conversation.every(({ witness }) => witness?.names.length === 2)).toBe(true);
    const sent = view.history.events.find(({ event }) => event.type === 'INTERVENTION_SENT');
    expect((await confirm(view, sent?.opening.eventNumber ?? 0)).event.type).toBe('CONFIRM');
    await reply(await stage.mailbox(), 'thank you', [LETTER]);
    const last = await stage.open('official');
    expect(last.conversation.at(-1)).toMatchObject({ from: 'reporter', text: 'thank you' });
    const sentBack = last.attachments.at(-1);
    expect(sentBack && (await openCaseAttachment(last, sentBack))).toEqual([LETTER]);
  });
});

describe('the reporter', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.make();
  });

  it('reads her own report back and opens her files', async () => {
    const view = await stage.mailbox();
    expect(view.report!.main.part).toBe('main');
    expect(view.report!.identity?.part).toBe('identity');
    expect(view.status).toEqual({ status: 'received' });
    expect(view.attachments[0] && (await openMailboxAttachment(view, view.attachments[0]))).toEqual([LETTER]);
  });

  it('answers, disputes and goes on counting', async () => {
    await done(acknowledge(await stage.open('focal-1'), { text: 'we have it' }));
    await reply(await stage.mailbox(), 'one');
    await dispute(await stage.mailbox(), 2, 'you wrote to nobody');
    const { entries, conversation } = await stage.mailbox();
    expect(
      entries.filter(({ object }) => object.author === 'reporter').map(({ object }) => object.seq),
    ).toEqual([1, 2, 3, 4, 5]);
    expect(conversation.at(-1)).toMatchObject({ kind: 'dispute', about: 2 });
  });

  it('adds a further act and corrects an answer, which the desk reads with the report', async () => {
    await done(acknowledge(await stage.open('focal-1'), { text: 'we have it' }));
    const followUp: FollowUp = {
      version: 2,
      acts: [{ what: 'They came again.', types: ['B06'] }],
      corrections: [{ section: 'concerned', field: 'reason', value: 'they wore no sign' }],
    };
    await reply(await stage.mailbox(), 'more', [], followUp);
    // It fits no report: it stays a message.
    const lost = { section: 'acts', at: 9, field: 'place', value: 'x' } as const;
    await reply(await stage.mailbox(), 'and this', [], { version: 2, corrections: [lost] });
    expect((await stage.mailbox()).conversation.at(-2)).toMatchObject({ text: 'more', followUp });
    const { fullReport, currentReport, conversation } = await stage.open('focal-1');
    expect(conversation.at(-2)).toMatchObject({ followUp });
    expect(fullReport?.acts).toHaveLength(1);
    expect(currentReport).toEqual({
      ...fullReport,
      acts: [...(fullReport?.acts ?? []), ...(followUp.acts ?? [])],
      concerned: { ...fullReport?.concerned, reason: 'they wore no sign' },
    });
    const name = { section: 'persons', at: 0, field: 'names', value: 'Ana' } as const;
    const wrong: FollowUp = { version: 2, corrections: [name] };
    expect(await codeOf(reply(await stage.mailbox(), 'x', [], wrong))).toBe('object_body');
  });

  it('withdraws consent, which the desk sees signed and obeys', async () => {
    await stage.triaged();
    const withdrawal = {
      person: 1,
      through: 8,
      scope: 'K3',
      code: 'w',
      givenBy: 'alleged_victim',
      risksExplained: true,
      textVersion: '1',
    } as const;
    expect((await changeConsent(await stage.mailbox(), withdrawal)).event.type).toBe('WITHDRAW');
    expect(await refusalOf(route(await stage.open('focal-1'), 'go'))).toBe('consent_missing');
  });

  it('answers a question about consent', async () => {
    await stage.triaged();
    await done(askConsent(await stage.open('focal-1'), 'K6', 'may we publish?'));
    const view = await stage.mailbox();
    expect(view.status).toMatchObject({ waitingFor: 'consent', asked: 'K6' });
    const answer = { person: 1, through: 8, scope: 'K6', code: '1' } as const;
    const record = {
      ...answer,
      givenBy: 'family',
      whyNotPerson: 'DETAINED',
      risksExplained: true,
      explainedBy: 'LAWYER',
      understands: 'yes',
      textVersion: '1',
    } as const;
    expect((await changeConsent(view, record)).event.type).toBe('CONSENT_ANSWERED');
    const { consentAnswers } = await stage.open('focal-1');
    expect(consentAnswers).toHaveLength(8);
    expect(consentAnswers[0]).toEqual({
      person: 1,
      scope: 'K6',
      decision: 'granted',
      given_by: 'family',
      why_not_person: 'DETAINED',
      risks_explained: { by: 'LAWYER', text_version: '1' },
      understands: 'yes',
      given_at: new Date(stage.fake.now * 1_000).toISOString().slice(0, 10),
    });
  });

  it('finds nothing with another code', async () => {
    expect(await codeOf(openMailbox(stage.service, new Uint8Array(16)))).toBe('not_found');
  });

  it('accepts a message that is not logged yet, but not one that never is', async () => {
    stage.fake.isTicking = false;
    await done(acknowledge(await stage.open('focal-1'), { text: 'we have it' }));
    const view = await stage.mailbox();
    expect(view.conversation.map(({ witness }) => witness)).toEqual([undefined]);
    stage.fake.now += 700;
    expect(await codeOf(stage.mailbox())).toBe('proof_overdue');
  });

  const lies: [string, (answer: Mailbox) => Mailbox, string][] = [
    ['an older state', (m) => ({ ...m, events: m.events.slice(0, -1) }), 'state_mismatch'],
    [
      'a state of another time',
      (m) => ({ ...m, state: { ...m.state, time: m.state.time - 1 } }),
      'mailbox_state_signature',
    ],
    ['a gap', (m) => ({ ...m, events: m.events.slice(1) }), 'receipt_chain'],
    ['a missing report', (m) => ({ ...m, more: m.more.slice(2) }), 'object_missing'],
    ['a missing key', (m) => ({ ...m, boxes: [] }), 'object_missing'],
    [
      'a message of another event',
      (m) => ({ ...m, objects: m.objects.map((o) => ({ ...o, eventNumber: 1 })) }),
      'object_uncommitted',
    ],
    [
      'another author',
      (m) => ({ ...m, objects: m.objects.map((o) => ({ ...o, author: 'reporter' as const })) }),
      'object_author',
    ],
    ['another thread', (m) => ({ ...m, threadId: '00'.repeat(16) }), 'box_wrong_scope'],
    [
      'a box of another event',
      (m) => ({ ...m, boxes: m.boxes.map((b) => ({ ...b, eventNumber: 9 })) }),
      'object_uncommitted',
    ],
  ];
  it.each(lies)('is not shown %s', async (_, lie, code) => {
    await done(acknowledge(await stage.open('focal-1'), { text: 'we have it' }));
    stage.fake.tamper.set('mailbox', lie);
    expect(await codeOf(stage.mailbox())).toBe(code);
  });
});

describe('the desk', () => {
  it('decides at home before it asks the service', async () => {
    const stage = await Stage.make();
    const opened = await stage.open('focal-1');
    const before = stage.fake.requests.length;
    expect(await refusalOf(accept(opened))).toBe('not_permitted');
    expect(await refusalOf(decideScope(opened, TEST))).toBe('not_in_this_state');
    expect(stage.fake.requests.slice(before)).toEqual([]);
  });

  it('takes a second officer where the priority asks for one', async () => {
    const stage = await Stage.make();
    await done(startTriage(await stage.open('focal-1')));
    const urgent = { ...TEST, likelihood: 'high', severity: 'severe', priority: 'P1' } as const;
    expect(await refusalOf(decideScope(await stage.open('focal-1'), urgent))).toBe('second_officer_required');
    const second = await stage.staff('focal-2');
    expect(await done(decideScope(await stage.open('focal-1'), urgent, second))).toBe('SCOPED');
  });

  it('closes what is out of scope with two officers and a word to the reporter', async () => {
    const stage = await Stage.make();
    await done(startTriage(await stage.open('focal-1')));
    const second = await stage.staff('focal-2');
    await done(closeOutOfScope(await stage.open('focal-1'), 'NO_UN_LINK', 'try the ombudsman', second));
    const view = await stage.mailbox();
    expect([view.status.status, view.conversation.at(-1)?.text]).toEqual(['closed', 'try the ombudsman']);
  });

  it('hands over without the names where K3 is for a pseudonym', async () => {
    const stage = await Stage.make({ K3: 'P' });
    await stage.triaged();
    await done(route(await stage.open('focal-1'), 'see file'));
    const received = await stage.open('official');
    expect(received.report?.identity).toBeUndefined();
    expect(received.fullReport).toBeUndefined();
    expect(JSON.stringify(received.report)).not.toContain('Amina');
  });

  it('returns, asks and steps back', async () => {
    const stage = await Stage.make();
    await done(startTriage(await stage.open('focal-1')));
    expect(await done(requestInformation(await stage.open('focal-1'), 'when was it?'))).toBe(
      'INFO_REQUESTED',
    );
    await reply(await stage.mailbox(), 'on Monday');
    const answered = await stage.open('focal-1');
    expect(answered.history.state.phase).toBe('AWAITING_INFO');
    const other = await Stage.make();
    await other.triaged();
    await done(route(await other.open('focal-1'), 'go'));
    expect(await done(returnCase(await other.open('official'), 'INCOMPLETE'))).toBe('RETURNED');
    expect(await done(recuse(await other.open('focal-1')))).toBe('RECUSED');
    expect(await refusalOf(route(await other.open('focal-1'), 'go'))).toBe('recused');
  });

  it('is told that the case has moved on', async () => {
    const stage = await Stage.make();
    const stale = await stage.open('focal-1');
    await reply(await stage.mailbox(), 'one more thing');
    expect(await codeOf(startTriage(stale))).toBe('case_moved');
  });

  it.each([['wrong words', 'unauthorized']])('does not unlock with %s', async (_, code) => {
    const stage = await Stage.make();
    const [one, other] = stage.fake.org.staff;
    expect(await codeOf(unlock(stage.service, one?.subject ?? '', other?.words.join(' ') ?? ''))).toBe(code);
  });

  const lies: [string, (file: CaseFile) => CaseFile, string][] = [
    ['a gap', (f) => ({ ...f, events: f.events.slice(1) }), 'receipt_chain'],
    ['another policy', (f) => ({ ...f, policyHash: '00'.repeat(32) }), 'policy_mismatch'],
    ['no report', (f) => ({ ...f, objects: f.objects.slice(1) }), 'object_missing'],
    ['no consent records', (f) => ({ ...f, objects: f.objects.slice(0, 3) }), 'consent_mismatch'],
    ['an object twice', (f) => ({ ...f, objects: [...f.objects, ...f.objects] }), 'object_sequence'],
    ['another case', (f) => ({ ...f, threadId: '00'.repeat(16) }), 'box_wrong_scope'],
  ];
  it.each(lies)('is not shown %s', async (_, lie, code) => {
    const stage = await Stage.make();
    const record = {
      person: 1,
      scope: 'K7',
      code: 'w',
      givenBy: 'family',
      risksExplained: true,
      textVersion: '1',
    } as const;
    await changeConsent(await stage.mailbox(), record);
    stage.fake.tamper.set('caseFile', lie);
    expect(await codeOf(stage.open('focal-1'))).toBe(code);
  });

  const unsigned: [string, (file: CaseFile) => CaseFile, string][] = [
    ['without a statement', (f) => ({ ...f, statements: [] }), 'statement_missing'],
    [
      'with the statement of another event',
      (f) => ({
        ...f,
        statements: f.statements?.map((s, i, all) => ({ ...s, statement: all[1 - i]?.statement ?? '' })),
      }),
      'statement_signature',
    ],
    [
      'with the signed statement of another event',
      (f) => ({ ...f, statements: f.statements?.map((s) => ({ ...s, eventNumber: 5 - s.eventNumber })) }),
      'statement_mismatch',
    ],
  ];
  it.each(unsigned)('does not take an act of a colleague %s', async (_, lie, code) => {
    const stage = await Stage.make();
    await stage.triaged();
    await expect(stage.open('focal-2')).resolves.toBeDefined();
    stage.fake.tamper.set('caseFile', lie);
    expect(await codeOf(stage.open('focal-2'))).toBe(code);
  });

  it('is not told of an act it did not sign', async () => {
    const stage = await Stage.make();
    const opened = await stage.open('focal-1');
    stage.fake.tamper.set('caseAct', () => ({ receipt: stage.fake.cases[0]?.events[0] }));
    expect(await codeOf(startTriage(opened))).toBe('statement_mismatch');
  });
});

describe('the held-back box', () => {
  const lapse = (stage: Stage): Promise<void> => {
    const { escalation } = stage.fake.cases[0]?.submission ?? {};
    const role = escalation?.recipient.kind === 'role' ? escalation.recipient.role : '';
    return stage.fake.system({ kind: 'escalate', role, quarantined: false }, true);
  };

  it('opens for the official once the witnesses have seen the deadline pass', async () => {
    const stage = await Stage.make();
    stage.fake.now += 400;
    await lapse(stage);
    const opened = await stage.open('official');
    expect(opened.report?.main.report).toBeDefined();
    expect(opened.report?.identity).toBeUndefined();
    expect((await stage.mailbox()).lapses.map(({ type }) => type)).toEqual(['ESCALATED']);
  });

  it('stays shut while the witnesses have not', async () => {
    const stage = await Stage.make();
    stage.fake.now += 400;
    stage.fake.isTicking = false;
    await lapse(stage);
    expect(await codeOf(stage.open('official'))).toBe('escalation_too_early');
  });
});
