/**
 * Who may speak for a mailbox: the holder of its key, who signs every request over origin, method, path, body
 * and a single-use nonce (libs/crypto SPEC.md §9.1). There is no account and no session.
 */
import {
  sodiumVerifier,
  type SignatureVerifier,
  encodeMailboxRequest,
  TAG,
  checkSignature,
} from '@app/crypto/verify';
import { type Bytes, fromBase64, fromHex } from '@app/encoding';
import { costsWork, MAILBOX_SIGNATURE_HEADER } from '@app/contracts';
import { type Clock, CLOCK, Refused, sha256 } from '@app/platform';
import { Directory } from '@app/ledger';
import { UnitOfWork } from '@app/persistence';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
} from '@nestjs/common';
import { FloodService } from './flood.service.js';
import { takeNonce } from './nonces.queries.js';

/** The mailbox a request is signed for, and the statement its events commit to. */
export type SignedMailbox = {
  readonly id: Bytes;
  readonly publicKey: Bytes;
  readonly transcript: Bytes;
  readonly signature: Bytes;
  readonly bodyHash: Bytes;
};

type MailboxHttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawBody?: Buffer;
  readonly body?: unknown;
  signedMailbox?: SignedMailbox;
};

@Injectable()
export class MailboxGuard implements CanActivate {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #flood: FloodService;
  readonly #clock: Clock;
  #verifier: SignatureVerifier | undefined;

  constructor(work: UnitOfWork, directory: Directory, flood: FloodService, @Inject(CLOCK) clock: Clock) {
    this.#work = work;
    this.#flood = flood;
    this.#directory = directory;
    this.#clock = clock;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<MailboxHttpRequest>();
    const credential = parseCredential(request.headers[MAILBOX_SIGNATURE_HEADER]);
    const bodyHash = sha256(bodyOf(request));
    const transcript = encodeMailboxRequest({
      origin: await this.#directory.origin(),
      method: request.method,
      pathWithQuery: request.url,
      mailboxId: credential.mailboxId,
      bodyHash,
      nonce: credential.nonce,
    });
    this.#verifier ??= await sodiumVerifier();
    try {
      checkSignature(
        this.#verifier,
        TAG.mailbox,
        credential.publicKey,
        transcript,
        credential.signature,
        'mailbox_signature',
      );
    } catch {
      throw new Refused('unauthorized');
    }
    // The nonce is spent only by a request that is truly signed, so nobody can spend another's.
    const fresh = await this.#work.statement((tx) =>
      takeNonce(tx, 'mailbox', credential.nonce, this.#clock.now()),
    );
    if (!fresh) throw new Refused('nonce_expired');
    const path = request.url.split('?', 1)[0] ?? '';
    if (costsWork(request.method, path)) await this.#flood.check(credential.nonce, credential.counter);
    request.signedMailbox = {
      id: credential.mailboxId,
      publicKey: credential.publicKey,
      transcript,
      signature: credential.signature,
      bodyHash,
    };
    return true;
  }
}

/** The verified mailbox of a request that passed `MailboxGuard`. */
export const Signed = createParamDecorator((_: unknown, context: ExecutionContext): SignedMailbox => {
  const { signedMailbox } = context.switchToHttp().getRequest<MailboxHttpRequest>();
  if (!signedMailbox) throw new Refused('unauthorized');
  return signedMailbox;
});

function parseCredential(header: string | string[] | undefined) {
  const parts = typeof header === 'string' ? header.split('.') : [];
  if (parts.length !== 4 && parts.length !== 5) throw new Refused('unauthorized');
  const [mailbox, key, nonce, signature, counter] = parts as [string, string, string, string, string?];
  if (counter !== undefined && !/^(0|[1-9][0-9]{0,9})$/.test(counter)) throw new Refused('unauthorized');
  try {
    return {
      mailboxId: fromHex(mailbox, 'mailbox', 16),
      publicKey: fromHex(key, 'key', 32),
      nonce: fromHex(nonce, 'nonce', 16),
      signature: fromBase64(signature, 'signature', 64),
      counter: counter === undefined ? undefined : Number(counter),
    };
  } catch {
    throw new Refused('unauthorized');
  }
}

function bodyOf(request: MailboxHttpRequest): Uint8Array {
  if (request.rawBody) return request.rawBody;
  return request.body instanceof Uint8Array ? request.body : new Uint8Array();
}
