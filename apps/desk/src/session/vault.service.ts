import type { vaultSchema } from '@app/contracts';
import {
  checkSealedShape,
  factorStep,
  openFactor,
  parseUnlockers,
  sha256,
  type SignatureVerifier,
  sodiumVerifier,
  type Unlocker,
  type UnlockerKind,
  type UnlockerList,
  verifyUnlockers,
} from '@app/crypto/verify';
import {
  bytesEqual,
  fromBase64,
  fromHex,
  type Instant,
  toBase64,
  toHex,
  VerificationError,
} from '@app/encoding';
import { type StaffVaultRow, type Tx, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, type Random, RANDOM, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { addChallenge, deleteOtherSessions } from './session.queries.js';
import { checkFresh, type Staff } from './staff.guard.js';
import {
  type Attempts,
  findVault,
  isClosed,
  lockAttempts,
  replaceVault,
  saveAttempts,
  takeFactorStep,
} from './vault.queries.js';

const CHALLENGE_SECONDS = 120;
/** So many wrong keys cost nothing; from then on each closes the vault to guessable ones for twice as long. */
const FREE_FAILURES = 5;
const FIRST_CLOSED_SECONDS = 30;
const LONGEST_CLOSED_SECONDS = 3_600;

type Proof = { readonly subject: string; readonly authKey: string; readonly code?: string | undefined };
/** What the server knows of an unlocker of a vault. */
type Known = Pick<Unlocker, 'authHash' | 'kind' | 'factor'>;

/** Hands a sealed vault to whoever proves one of its unlockers, and takes the next version from its holder. */
@Injectable()
export class VaultService {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;
  readonly #random: Random;
  #verifier: SignatureVerifier | undefined;

  constructor(work: UnitOfWork, @Inject(CLOCK) clock: Clock, @Inject(RANDOM) random: Random) {
    this.#work = work;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * An unknown subject, a wrong key and a wrong code take one path to one answer. Only passwords can be guessed, so only
   * they are kept waiting: whoever has words or a passkey gets in while somebody else guesses.
   * @throws {Refused} `unauthorized`, `too_many_requests`.
   */
  async unlock(proof: Proof): Promise<z.infer<typeof vaultSchema>> {
    const now = this.#clock.now();
    const nonce = this.#random.bytes(32);
    const expires = now + CHALLENGE_SECONDS;
    const subjectId = Buffer.from(fromHex(proof.subject, 'subject', 16));
    const authKey = fromBase64(proof.authKey, 'auth_key', 32);
    // A refusal is no error inside: what was counted must stay.
    const answer = await this.#work.run(async (tx) => {
      const attempts = await lockAttempts(tx, subjectId);
      const row = await findVault(tx, subjectId);
      const verdict = await judge(tx, { row, attempts, authKey, code: proof.code, now });
      if (verdict === 'closed') {
        return new Refused('too_many_requests', { retryAfterSeconds: attempts.closedUntil - now });
      }
      if (verdict === 'wrong' || !row) {
        await saveAttempts(tx, oneMore(attempts, now));
        return new Refused('unauthorized');
      }
      await saveAttempts(tx, { subjectId, failures: 0, closedUntil: 0 });
      await addChallenge(tx, nonce, row.certificateHash, expires);
      return row;
    });
    if (answer instanceof Refused) throw answer;
    return {
      keyring: toBase64(answer.keyring),
      unlockers: answer.unlockers && toBase64(answer.unlockers),
      certificateHash: toHex(answer.certificateHash),
      nonce: toHex(nonce),
      expires,
    };
  }

  /**
   * Only its holder signs a vault, and only just after she unlocked it.
   * @throws {Refused} `step_up_required`, `statement_invalid`, `codes_mismatch`, `out_of_date`, `not_found`, and what a
   * sealed file that is none is refused for.
   */
  async change(
    staff: Staff,
    request: { readonly keyring: string; readonly unlockers: string },
  ): Promise<void> {
    checkFresh(staff, this.#clock.now());
    const keyring = Buffer.from(fromBase64(request.keyring, 'keyring'));
    const unlockers = Buffer.from(fromBase64(request.unlockers, 'unlockers'));
    this.#verifier ??= await sodiumVerifier();
    const list = verified(this.#verifier, staff, unlockers);
    checkSealedShape(keyring, ['keyring']);
    for (const { box } of list.unlockers) checkSealedShape(box, ['key_box']);
    const { certificate, tokenHash } = staff;
    const isHers =
      bytesEqual(list.subjectId, certificate.subjectId) &&
      bytesEqual(list.certificateHash, certificate.hash) &&
      bytesEqual(list.keyringHash, sha256(keyring));
    if (!isHers) throw new Refused('codes_mismatch');
    const subjectId = Buffer.from(certificate.subjectId);
    await this.#work.run(async (tx) => {
      const row = await findVault(tx, subjectId);
      if (!row?.certificateHash.equals(Buffer.from(certificate.hash))) throw new Refused('not_found');
      const isRepeat = row.unlockers?.equals(unlockers) === true;
      if (!isRepeat && !(await replaceVault(tx, subjectId, { keyring, unlockers, version: list.version })))
        throw new Refused('out_of_date');
      // Whatever was opened by an unlocker that is gone is over with it.
      await deleteOtherSessions(tx, certificate.hash, tokenHash);
    });
  }
}

type Attempt = {
  readonly row: StaffVaultRow | null;
  readonly attempts: Attempts;
  readonly authKey: Uint8Array;
  readonly code: string | undefined;
  readonly now: Instant;
};

async function judge(tx: Tx, attempt: Attempt): Promise<'right' | 'wrong' | 'closed'> {
  const { row, attempts, authKey, code, now } = attempt;
  const hash = sha256(authKey);
  const known = unlockersOf(row).find(({ authHash }) => bytesEqual(authHash, hash));
  if (known && isStrong(known.kind)) return 'right';
  if (isClosed(attempts, now)) return 'closed';
  if (!row || !known || code === undefined) return 'wrong';
  const step = factorStep(openFactor(authKey, known.factor), code, now);
  return step !== undefined && (await takeFactorStep(tx, row.subjectId, step)) ? 'right' : 'wrong';
}

/** 128 bits and more cannot be guessed. */
function isStrong(kind: UnlockerKind): boolean {
  return kind !== 'password';
}

function unlockersOf(row: StaffVaultRow | null): readonly Known[] {
  if (row === null) return [];
  if (row.unlockers !== null) return parseUnlockers(row.unlockers).unlockers;
  return [{ authHash: new Uint8Array(row.authHash), kind: 'recovery', factor: new Uint8Array() }];
}

function oneMore({ subjectId, failures }: Attempts, now: Instant): Attempts {
  const doublings = failures + 1 - FREE_FAILURES;
  const seconds = doublings < 0 ? 0 : Math.min(FIRST_CLOSED_SECONDS * 2 ** doublings, LONGEST_CLOSED_SECONDS);
  return { subjectId, failures: failures + 1, closedUntil: now + seconds };
}

function verified(verifier: SignatureVerifier, { certificate }: Staff, unlockers: Uint8Array): UnlockerList {
  try {
    return verifyUnlockers(verifier, certificate.signingPublicKey, unlockers);
  } catch (error) {
    const isForged = error instanceof VerificationError && error.code === 'unlockers_signature';
    throw isForged ? new Refused('statement_invalid') : error;
  }
}
