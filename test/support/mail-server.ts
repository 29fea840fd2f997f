/** A real SMTP server for tests, on a free port of the loopback interface. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { TestCertificate } from './certificate.js';

export type Received = {
  readonly from: string;
  readonly to: readonly string[];
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly message: Buffer;
};

/** What it does with a message: takes it, refuses it for now, or takes it and breaks the connection unanswered. */
export type Mood = 'takes' | 'refuses' | 'breaks';

export class TestMailServer {
  readonly received: Received[] = [];
  mood: Mood = 'takes';
  readonly #server: SMTPServer;

  private constructor(server: (own: () => TestMailServer) => SMTPServer) {
    this.#server = server(() => this);
  }

  /** @param tls - `none` offers no encryption at all. */
  static async start(
    tls: 'implicit' | 'starttls' | 'none',
    certificate: TestCertificate,
    login?: { readonly user: string; readonly password: string },
  ): Promise<TestMailServer> {
    const started = new TestMailServer(
      (own) =>
        new SMTPServer({
          ...certificate,
          secure: tls === 'implicit',
          disabledCommands: tls === 'none' ? ['STARTTLS'] : [],
          authOptional: login === undefined,
          allowInsecureAuth: false,
          onAuth: ({ username, password }, _, done) => {
            const isRight = username === login?.user && password === login?.password;
            if (isRight) done(null, { user: username });
            else done(new Error('wrong login'));
          },
          onData: (stream, session, done) => {
            const chunks: Buffer[] = [];
            stream.on('data', (chunk: Buffer) => chunks.push(chunk));
            stream.on('end', () => {
              const { mood, received } = own();
              if (mood === 'refuses') {
                done(Object.assign(new Error('busy'), { responseCode: 451 }));
                return;
              }
              const { mailFrom, rcptTo } = session.envelope;
              received.push({
                from: mailFrom === false ? '' : mailFrom.address,
                to: rcptTo.map(({ address }) => address),
                isSecure: session.secure,
                user: session.user as string | undefined,
                message: Buffer.concat(chunks),
              });
              if (mood === 'breaks') own().#breakOff();
              else done();
            });
          },
        }),
    );
    started.#server.on('error', () => undefined);
    started.#server.listen(0, '127.0.0.1');
    await once(started.#server.server, 'listening');
    return started;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    this.#breakOff();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #breakOff(): void {
    for (const connection of this.#server.connections) connection._socket.destroy();
  }
}
