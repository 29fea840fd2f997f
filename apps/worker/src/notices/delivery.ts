/** How a notice leaves: by SMTP or by HTTPS. What is thrown names codes, never an address or an answer. */
import { errorChain, errorCode } from '@app/platform';
import { createTransport } from 'nodemailer';
import { Readable } from 'node:stream';
import type { WebhookRequest } from './content.js';
import type { MailServer } from './settings.js';

const CONNECT_MS = 10_000;
const ANSWER_MS = 20_000;

/** `isCertain`: the other side does not have the notice, so that it may be sent again. */
export class DeliveryError extends Error {
  readonly code: string;
  readonly isCertain: boolean;

  constructor(code: string, isCertain: boolean) {
    super(code);
    this.name = 'DeliveryError';
    this.code = code;
    this.isCertain = isCertain;
  }
}

/** Sends one message, over TLS and to a server whose certificate holds; without TLS on the loopback interface alone. */
export async function sendMail(server: MailServer, to: string, message: Uint8Array): Promise<void> {
  const { host, port, from, credentials, authority } = server;
  const transport = createTransport({
    host,
    port,
    name: from.slice(from.lastIndexOf('@') + 1),
    secure: server.tls === 'implicit',
    requireTLS: server.tls === 'starttls' && !server.isLoopback,
    tls: { minVersion: 'TLSv1.2', ...(authority !== undefined && { ca: authority }) },
    ...(credentials !== undefined && { auth: { user: credentials.user, pass: credentials.password } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // Asked for only when the server is ready to take it: from then on a lost connection tells nothing.
  const handing = { isOver: false };
  const raw = new Readable({
    read() {
      handing.isOver = true;
      this.push(message);
      this.push(null);
    },
  });
  try {
    await transport.sendMail({ envelope: { from, to: [to] }, raw });
  } catch (error) {
    const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown };
    const said = typeof code === 'string' && /^E[A-Z]{2,20}$/.test(code) ? code : errorCode(error);
    const answered = typeof responseCode === 'number' ? `${said}_${String(responseCode)}` : said;
    throw new DeliveryError(answered, !handing.isOver || typeof responseCode === 'number');
  } finally {
    transport.close();
  }
}

/** Connections that were never made. */
const NOT_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const isNotReached = (code: unknown): boolean =>
  typeof code === 'string' &&
  (NOT_REACHED.has(code) || code === 'UND_ERR_CONNECT_TIMEOUT' || /CERT|SIGNATURE|ALTNAME/.test(code));

/** Posts one request; anything but a success is a refusal, and a redirection is not followed. */
export async function postWebhook(url: string, { headers, body }: WebhookRequest): Promise<void> {
  let status: number;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.body?.cancel();
    ({ status } = answer);
  } catch (error) {
    const isCertain = errorChain(error).some(({ code }) => isNotReached(code));
    throw new DeliveryError(isCertain ? 'webhook_not_reached' : 'webhook_no_answer', isCertain);
  }
  if (status < 200 || status > 299) throw new DeliveryError(`webhook_${String(status)}`, true);
}
