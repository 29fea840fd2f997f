/** Who is asking: a session, whose certificate must stand in the KEYSET of this very moment. */
import type { StaffActor } from '@app/casework';
import { type KeysetCertificate, sha256, usableCertificate } from '@app/crypto/verify';
import { fromHex, toHex } from '@app/encoding';
import { Directory } from '@app/ledger';
import { UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
} from '@nestjs/common';
import { findSession } from './session.queries.js';

/** A signed-in staff member. */
export type Staff = {
  readonly actor: StaffActor;
  readonly certificate: KeysetCertificate;
  readonly tokenHash: Uint8Array;
};

type StaffHttpRequest = {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  staff?: Staff;
};

@Injectable()
export class StaffGuard implements CanActivate {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, directory: Directory, @Inject(CLOCK) clock: Clock) {
    this.#work = work;
    this.#directory = directory;
    this.#clock = clock;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<StaffHttpRequest>();
    request.staff = await this.staffOfSession(sha256(tokenOf(request.headers.authorization)));
    return true;
  }

  /** Whose session this is at this moment. @throws {Refused} `unauthorized`. */
  async staffOfSession(tokenHash: Uint8Array): Promise<Staff> {
    const session = await this.#work.run((tx) => findSession(tx, tokenHash, this.#clock.now()));
    if (!session) throw new Refused('unauthorized');
    return { ...(await this.#staffOf(session.certificateHash)), tokenHash };
  }

  /** A revocation takes effect at the next request: the certificate is judged anew each time. */
  async #staffOf(certificateHash: Uint8Array): Promise<Omit<Staff, 'tokenHash'>> {
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
      return { actor, certificate };
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
