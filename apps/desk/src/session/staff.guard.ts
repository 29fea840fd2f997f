/** Who is asking: a session, whose certificate must stand in the KEYSET of this very moment. */
import type { StaffActor } from '@app/casework';
import { SESSION_PROOF_HEADER } from '@app/contracts';
import {
  type KeysetCertificate,
  sha256,
  type SignatureVerifier,
  sodiumVerifier,
  usableCertificate,
  verifySessionRequest,
} from '@app/crypto/verify';
import { fromBase64, fromHex, type Instant, toHex } from '@app/encoding';
import { Directory } from '@app/ledger';
import { type StaffSessionRow, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
} from '@nestjs/common';
import { findSession, touchSession } from './session.queries.js';

/** A signed-in staff member. */
export type Staff = {
  readonly actor: StaffActor;
  readonly certificate: KeysetCertificate;
  readonly tokenHash: Uint8Array;
  /** When she unlocked her vault. */
  readonly openedAt: Instant;
};

/** How old an unlock may be for an act that discloses. */
const FRESH_SECONDS = 10 * 60;
/** How far the time of a request may be from the server's clock, which the client was told. */
const PROOF_SECONDS = 120;
/** How exactly it is known when a session was used. */
const USED_STEP_SECONDS = 60;

/** @throws {Refused} `step_up_required` unless the vault was unlocked just now. */
export function checkFresh({ openedAt }: Staff, now: Instant): void {
  if (now - openedAt > FRESH_SECONDS) throw new Refused('step_up_required');
}

type StaffHttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly rawBody?: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  staff?: Staff;
};

@Injectable()
export class StaffGuard implements CanActivate {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #clock: Clock;
  #verifier: SignatureVerifier | undefined;

  constructor(work: UnitOfWork, directory: Directory, @Inject(CLOCK) clock: Clock) {
    this.#work = work;
    this.#directory = directory;
    this.#clock = clock;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<StaffHttpRequest>();
    const session = await this.#session(sha256(tokenOf(request.headers.authorization)));
    await this.#checkProof(request, session);
    request.staff = await this.#staffOf(session);
    const now = this.#clock.now();
    if (now - session.usedAt >= USED_STEP_SECONDS)
      await this.#work.run((tx) => touchSession(tx, session.tokenHash, now));
    return true;
  }

  /** Whose session this is at this moment. @throws {Refused} `unauthorized`. */
  async staffOfSession(tokenHash: Uint8Array): Promise<Staff> {
    return this.#staffOf(await this.#session(tokenHash));
  }

  async #session(tokenHash: Uint8Array): Promise<StaffSessionRow> {
    const session = await this.#work.run((tx) => findSession(tx, tokenHash, this.#clock.now()));
    if (!session) throw new Refused('unauthorized');
    return session;
  }

  /** A token alone is worth nothing: the device that opened the session signs each request. */
  async #checkProof(request: StaffHttpRequest, session: StaffSessionRow): Promise<void> {
    const { time, signature } = proofOf(request.headers[SESSION_PROOF_HEADER]);
    if (Math.abs(time - this.#clock.now()) > PROOF_SECONDS) throw new Refused('unauthorized');
    this.#verifier ??= await sodiumVerifier();
    const signed = {
      tokenHash: session.tokenHash,
      method: request.method,
      pathWithQuery: request.url,
      bodyHash: sha256(request.rawBody ?? new Uint8Array()),
      time,
    };
    try {
      verifySessionRequest(this.#verifier, session.deviceKey, signed, signature);
    } catch {
      throw new Refused('unauthorized');
    }
  }

  /** A revocation takes effect at the next request: the certificate is judged anew each time. */
  async #staffOf({ certificateHash, tokenHash, openedAt }: StaffSessionRow): Promise<Staff> {
    const keyset = await this.#directory.currentKeyset();
    try {
      const certificate = usableCertificate(keyset, certificateHash, this.#clock.now());
      const role = keyset.roles.find((r) => toHex(r.id) === toHex(certificate.roleId));
      if (!role) throw new Refused('unauthorized');
      const actor: StaffActor = {
        kind: 'staff',
        roleId: toHex(role.id),
        roleKind: role.kind,
        caps: certificate.capabilities,
        certificate: toHex(certificateHash),
      };
      return { actor, certificate, tokenHash, openedAt };
    } catch {
      throw new Refused('unauthorized');
    }
  }
}

/** The staff member of a request that passed `StaffGuard`. */
export const SignedIn = createParamDecorator((_: unknown, context: ExecutionContext): Staff => {
  const { staff } = context.switchToHttp().getRequest<StaffHttpRequest>();
  if (!staff) throw new Refused('unauthorized');
  return staff;
});

function tokenOf(header: string | string[] | undefined): Uint8Array {
  const match = /^Bearer ([0-9a-f]{64})$/.exec(typeof header === 'string' ? header : '');
  if (!match?.[1]) throw new Refused('unauthorized');
  return fromHex(match[1], 'token', 32);
}

function proofOf(header: string | string[] | undefined): { time: Instant; signature: Uint8Array } {
  const match = /^([1-9][0-9]{0,11})\.([A-Za-z0-9+/]{86}==)$/.exec(typeof header === 'string' ? header : '');
  if (match === null) throw new Refused('unauthorized');
  try {
    return { time: Number(match[1]), signature: fromBase64(match[2] ?? '', 'proof', 64) };
  } catch {
    throw new Refused('unauthorized');
  }
}
