/** Notices to staff over a real SMTP server and a real receiver of webhooks. */
import { DeadLetters, JobQueues } from '@app/jobs';
import type { LedgerServices } from '@app/ledger';
import { connect } from '@app/persistence';
import { type Clock, type Log, type LogFields, makeLogger } from '@app/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { raiseAlarm } from '../../apps/worker/src/alarms.js';
import { DirectoryService } from '../../apps/worker/src/directory/directory.service.js';
import { MAIL_BYTES, mailOf } from '../../apps/worker/src/notices/content.js';
import { sendMail } from '../../apps/worker/src/notices/delivery.js';
import { NoticesService } from '../../apps/worker/src/notices/notices.service.js';
import { loadNotices, type MailServer, type Notices } from '../../apps/worker/src/notices/settings.js';
import { currentSlot } from '../../apps/worker/src/notices/slots.js';
import { SweepService } from '../../apps/worker/src/store/sweep.service.js';
import { openTestCase } from '../support/case-maker.js';
import { makeTestCertificate } from '../support/certificate.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { TestMailServer } from '../support/mail-server.js';
import { openTestServices, TestOrganisation } from '../support/organisation.js';
import { dumpQueueStore } from '../support/queue-dump.js';
import { until } from '../support/until.js';

const DAY = 86_400;
/** Midnight UTC. */
const MIDNIGHT = 1_800_057_600;
const EIGHT = MIDNIGHT + 8 * 3_600;
const LOGIN = { user: 'safe-conduct', password: 'only for tests' };
const ADDRESSES = ['focal-point@office.example', 'senior.official.with.a.long.name@office.example'];
const SECRET = randomBytes(32);
const certificate = makeTestCertificate();

let server: TestServer;
let organisation: TestOrganisation;
let database: TestDatabase;
let owner: DataSource;
let worker: LedgerServices;
let folder: string;
let mail: TestMailServer;
let hook: Hook;
let now = EIGHT;
const logged: { readonly event: string; readonly fields: LogFields }[] = [];
const clock: Clock = { now: () => now, nowMs: () => now * 1000 };
const keep = (event: string, fields: LogFields = {}): void => {
  logged.push({ event, fields });
};
const log: Log = { ...makeLogger('test', { write: () => undefined }), warn: keep, error: keep };

type Call = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** Somebody who receives webhooks. */
class Hook {
  readonly calls: Call[] = [];
  status = 204;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        this.calls.push({ headers: request.headers, body });
        response.writeHead(this.status, { location: '/elsewhere' }).end();
      });
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/notices`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function settings(changed: Record<string, unknown> = {}): string {
  const file = path.join(folder, 'notices.json');
  const [first, second] = ADDRESSES;
  const role = organisation.role('focal_point');
  const given = {
    times: ['14:30', '08:00'],
    mail: {
      host: '127.0.0.1',
      port: mail.port,
      from: 'safe-conduct@office.example',
      credentialsFile: 'mail-login.json',
      authorityFile: 'authority.pem',
    },
    recipients: [
      { role, mail: first },
      { role: organisation.role('senior_official'), mail: second },
      { role, webhook: hook.url, secretFile: 'hook.secret' },
    ],
    ...changed,
  };
  writeFileSync(file, JSON.stringify(given));
  writeFileSync(path.join(folder, 'mail-login.json'), JSON.stringify(LOGIN));
  writeFileSync(path.join(folder, 'authority.pem'), certificate.cert);
  writeFileSync(path.join(folder, 'hook.secret'), `whsec_${SECRET.toString('base64')}\n`);
  return file;
}

const noQueue = { add: () => Promise.resolve() };
const serviceOf = (notices: Notices, queues: Pick<JobQueues, 'add'> = noQueue): NoticesService =>
  new NoticesService({ work: worker.work, queues, clock, log }, notices);
const messages = (): string[] => mail.received.map(({ message }) => message.toString('latin1'));

/** As the queue does it: every notice that is asked for now, once. @returns the codes of those that failed. */
async function round(notices: Notices): Promise<string[]> {
  const jobs: { recipient: string; slot: string }[] = [];
  const add = (_: string, payload: object): Promise<void> => {
    jobs.push(payload as { recipient: string; slot: string });
    return Promise.resolve();
  };
  const service = serviceOf(notices, { add });
  await service.watch();
  const codes: string[] = [];
  for (const { recipient, slot } of jobs) {
    await service
      .send(recipient, slot)
      .catch((error: unknown) => codes.push((error as { code: string }).code));
  }
  return codes;
}

beforeAll(async () => {
  server = await startTestServer();
  organisation = await TestOrganisation.make(MIDNIGHT - DAY);
});
afterAll(() => server.stop());

beforeEach(async () => {
  now = EIGHT;
  logged.length = 0;
  folder = mkdtempSync(path.join(tmpdir(), 'sc-notices-'));
  organisation.write(folder);
  database = await server.makeDatabase();
  owner = await connect({ url: database.ownerUrl, poolSize: 2, name: 'test' });
  worker = await openTestServices(database.url('sc_worker'), folder, clock);
  mail = await TestMailServer.start('starttls', certificate, LOGIN);
  hook = new Hook();
  await hook.start();
});
afterEach(async () => {
  await hook.stop();
  await mail.stop();
  await worker.close();
  await owner.destroy();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a notice', () => {
  it('is the same bytes apart from its day and its reader, with news or without', async () => {
    const notices = await loadNotices(settings());
    expect(await round(notices)).toEqual([]);
    const directory = new DirectoryService(worker, folder, log);
    await directory.refresh();
    const intake = await openTestServices(database.url('sc_intake'), folder, clock);
    await openTestCase(intake, { role: organisation.role('focal_point'), urgent: true });
    await intake.close();
    now += DAY;
    expect(await round(notices)).toEqual([]);
    expect(mail.received.map(({ to }) => to)).toEqual([ADDRESSES, ADDRESSES].flat().map((to) => [to]));
    expect(new Set(mail.received.map(({ message }) => message.length))).toEqual(new Set([MAIL_BYTES]));
    const [before, , after] = messages();
    const [id, id2] = [before, after].map((text) => /^Message-ID: <([0-9a-f]{32})@/m.exec(text!)![1]!);
    expect(after!.replace(id2!, id!).replace('Sun, 17 Jan 2027', 'Sat, 16 Jan 2027')).toBe(before);
    expect(before).toContain('Subject: Safe Conduct\r\nDate: Sat, 16 Jan 2027 08:00:00 +0000\r\n');
    expect(before).toContain('\r\n\r\nOpen Safe Conduct to see whether something waits for you.\r\n');
    expect(new Set(hook.calls.map(({ body }) => body.length)).size).toBe(1);
    expect(JSON.parse(hook.calls[0]!.body)).toEqual({
      type: 'notice',
      timestamp: '2027-01-16T08:00:00.000Z',
      data: { text: 'Open Safe Conduct to see whether something waits for you.' },
    });
  });

  it('is as long for the shortest address as for the longest', () => {
    const long = `${'a'.repeat(60)}@${`${'b'.repeat(60)}.`.repeat(3)}example`;
    for (const [from, to] of [
      ['a@b.ch', 'c@d.ch'],
      [long, long],
    ] as const) {
      const bytes = Buffer.from(mailOf('00'.repeat(16), from, to, EIGHT));
      expect(bytes).toHaveLength(MAIL_BYTES);
      expect(
        Math.max(
          ...bytes
            .toString()
            .split('\r\n')
            .map((line) => line.length),
        ),
      ).toBeLessThan(999);
    }
  });

  it('goes over TLS with the login, and its webhook is signed so that the receiver can tell', async () => {
    await round(await loadNotices(settings()));
    expect(mail.received.map(({ isSecure, user }) => [isSecure, user])).toEqual([
      [true, LOGIN.user],
      [true, LOGIN.user],
    ]);
    const { headers, body } = hook.calls[0]!;
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const expected = createHmac('sha256', SECRET).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(headers['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(headers['webhook-timestamp']).toBe(String(now));
  });

  it.each([
    [EIGHT - 1, EIGHT - DAY + 6.5 * 3_600],
    [EIGHT, EIGHT],
    [EIGHT + 3_600, EIGHT],
    [EIGHT + 6.5 * 3_600 - 1, EIGHT],
    [EIGHT + 6.5 * 3_600, EIGHT + 6.5 * 3_600],
  ])('at %d belongs to the slot %d', (at, slot) => {
    expect(currentSlot([8 * 60, 14 * 60 + 30], at)).toBe(slot);
  });

  it('is sent once for its slot by two workers that look again and again', async () => {
    const notices = await loadNotices(settings());
    await Promise.all([round(notices), round(notices)]);
    now += 3_600;
    await round(notices);
    expect(mail.received).toHaveLength(2);
    expect(hook.calls).toHaveLength(1);
  });

  it('that was missed is not made up for: after three days one goes out', async () => {
    const notices = await loadNotices(settings());
    await round(notices);
    now += 3 * DAY + 1_800;
    await round(notices);
    expect(messages().map((text) => /^Date: (.*)\r$/m.exec(text)![1])).toEqual([
      ...Array<string>(2).fill('Sat, 16 Jan 2027 08:00:00 +0000'),
      ...Array<string>(2).fill('Tue, 19 Jan 2027 08:00:00 +0000'),
    ]);
    const late = serviceOf(notices);
    await late.send(notices.recipients[0]!.id, String(EIGHT + DAY));
    expect(mail.received).toHaveLength(4);
  });

  it('is tried again when it certainly did not arrive', async () => {
    const notices = await loadNotices(settings());
    mail.mood = 'refuses';
    hook.status = 503;
    expect(await round(notices)).toEqual(['EMESSAGE_451', 'EMESSAGE_451', 'webhook_503']);
    hook.status = 302;
    expect(await round(notices)).toEqual(['EMESSAGE_451', 'EMESSAGE_451', 'webhook_302']);
    mail.mood = 'takes';
    hook.status = 200;
    expect(await round(notices)).toEqual([]);
    expect(mail.received).toHaveLength(2);
    expect(new Set(hook.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await mail.stop();
    now += DAY;
    expect(await round(notices)).toEqual(['ESOCKET', 'ESOCKET']);
    mail = await TestMailServer.start('starttls', certificate, LOGIN);
  });

  it('is not sent twice when nobody can tell whether it arrived', async () => {
    const notices = await loadNotices(settings());
    mail.mood = 'breaks';
    expect(await round(notices)).toEqual([]);
    mail.mood = 'takes';
    expect(await round(notices)).toEqual([]);
    expect(mail.received).toHaveLength(2);
    expect(logged.map(({ event }) => event)).toEqual(['notice.uncertain', 'notice.uncertain']);
  });

  it('leaves no address in the log, the queue or the database, and becomes a dead letter in the end', async () => {
    const notices = await loadNotices(settings());
    mail.mood = 'refuses';
    const store = { kind: 'postgres', url: database.ownerUrl } as const;
    const queues = await JobQueues.open(store, log);
    const service = serviceOf(notices, queues);
    await queues.work('notice.send', ({ recipient, slot }) => service.send(recipient, slot));
    await service.watch();
    await until(() => logged.filter(({ event }) => event === 'job.failed').length > 0);
    const dump = `${await dumpQueueStore(store)} ${JSON.stringify(logged)}`;
    await queues.close();
    expect(dump).toContain('EMESSAGE_451');
    const dead = {
      queue: 'notice.send',
      job: 'x',
      payload: {},
      error: 'DeliveryError:EAUTH_535',
      attempts: 8,
    } as const;
    const given = { ...dead, payload: { recipient: notices.recipients[0]!.id, slot: String(EIGHT) } };
    const letters = new DeadLetters(
      {
        ...{ work: worker.work, clock, random: worker.random, log },
        queues: {
          dead: () => Promise.resolve([given]),
          forget: () => Promise.resolve(),
          onDead: () => undefined,
        },
      },
      raiseAlarm,
    );
    await letters.collect();
    expect(await owner.query('select code from alarms')).toEqual([{ code: 'notice_failed' }]);
    const tables = await Promise.all(
      ['dead_letters', 'alarms', 'notices'].map((table) => owner.query(`select * from ${table}`)),
    );
    const all = `${dump} ${JSON.stringify(tables)}`;
    for (const told of [...ADDRESSES, 'office.example', LOGIN.user, LOGIN.password, hook.url])
      expect(all).not.toContain(told);
  });

  it('is forgotten after a week', async () => {
    await round(await loadNotices(settings()));
    now += 7 * DAY;
    await new SweepService(worker.work, clock).sweep();
    expect(await owner.query('select count(*)::int as n from notices')).toEqual([{ n: 3 }]);
    now += 1;
    await new SweepService(worker.work, clock).sweep();
    expect(await owner.query('select count(*)::int as n from notices')).toEqual([{ n: 0 }]);
  });
});

describe('the way to the mail server', () => {
  const at = (of: TestMailServer, changed: Partial<MailServer> = {}): MailServer => ({
    ...{ host: '127.0.0.1', port: of.port, tls: 'starttls', from: 'a@office.example', isLoopback: false },
    authority: certificate.cert,
    ...changed,
  });
  const message = mailOf('00'.repeat(16), 'a@office.example', ADDRESSES[0]!, EIGHT);

  it.each(['starttls', 'implicit'] as const)('is encrypted by %s', async (tls) => {
    const other = await TestMailServer.start(tls, certificate);
    await sendMail(at(other, { tls }), ADDRESSES[0]!, message);
    expect(other.received.map(({ isSecure }) => isSecure)).toEqual([true]);
    await other.stop();
  });

  it('is not taken without encryption, unless nothing leaves the machine', async () => {
    const plain = await TestMailServer.start('none', certificate);
    const refused = sendMail(at(plain), ADDRESSES[0]!, message);
    await expect(refused).rejects.toMatchObject({ code: 'ETLS_500', isCertain: true });
    expect(plain.received).toEqual([]);
    await sendMail(at(plain, { isLoopback: true }), ADDRESSES[0]!, message);
    expect(plain.received).toHaveLength(1);
    await plain.stop();
  });

  it.each(['starttls', 'implicit'] as const)(
    'is not taken by %s to a server nobody vouches for',
    async (tls) => {
      const other = await TestMailServer.start(tls, certificate);
      const authority = makeTestCertificate().cert;
      const refused = sendMail(at(other, { tls, authority }), ADDRESSES[0]!, message);
      await expect(refused).rejects.toMatchObject({ isCertain: true });
      expect(other.received).toEqual([]);
      await other.stop();
    },
  );

  it('needs the right login', async () => {
    const credentials = { user: LOGIN.user, password: 'wrong' };
    const refused = sendMail(at(mail, { credentials }), ADDRESSES[0]!, message);
    await expect(refused).rejects.toMatchObject({ code: 'EAUTH_535', isCertain: true, message: 'EAUTH_535' });
  });
});

describe('settings that are not valid stop the start, with a sentence that tells no address', () => {
  const role = '00'.repeat(16);
  it.each([
    ['a time', { times: ['8:00'] }, 'times.0 is not valid'],
    ['no time', { times: [] }, 'times is not valid'],
    [
      'an address with a line break',
      { recipients: [{ role, mail: 'a@b.example\r\nBcc: c@d.example' }] },
      'recipients.0',
    ],
    [
      'a webhook in clear',
      { recipients: [{ role, webhook: 'http://b.example/', secretFile: 'hook.secret' }] },
      'recipients.0',
    ],
    ['a reporter', { recipients: [{ reporter: role, mail: 'a@b.example' }] }, 'recipients.0'],
    ['mail without a server', { mail: undefined }, 'mail is missing'],
    [
      'a secret that is none',
      { recipients: [{ role, webhook: 'https://b.example/', secretFile: 'authority.pem' }] },
      'The secret of recipients.0 is not',
    ],
    [
      'a secret that is not there',
      { recipients: [{ role, webhook: 'https://b.example/', secretFile: 'none' }] },
      'The secret of recipients.0 cannot be read',
    ],
  ])('%s', async (_, changed, sentence) => {
    const refused = loadNotices(settings(changed));
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(sentence) as unknown });
    await expect(refused).rejects.not.toMatchObject({
      message: expect.stringContaining('b.example') as unknown,
    });
  });
});
