import type { EpochBox, SessionList, sessionSchema } from '@app/contracts';
import {
  sha256,
  type SignatureVerifier,
  sodiumVerifier,
  usableCertificate,
  verifySessionChallenge,
} from '@app/crypto/verify';
import { bytesEqual, fromBase64, fromHex, toBase64, toHex } from '@app/encoding';
import { Directory } from '@app/ledger';
import { UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, type Random, RANDOM, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import {
  deleteSession,
  deleteSessionById,
  epochBoxesOf,
  IDLE_SECONDS,
  insertSession,
  sessionsOf,
  takeChallenge,
} from './session.queries.js';
import type { Staff } from './staff.guard.js';

/** A place among epoch boxes: a role id, then the epoch. */
const ROLE_DIGITS = 32;
/** A working day, if it is used all the time (`IDLE_SECONDS`). */
const SESSION_SECONDS = 8 * 3_600;
const LISTED = 50;

/** Opens sessions for who unlocked her vault (`VaultService`) and signs with the key inside; lists and ends them. */
@Injectable()
export class SessionService {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #random: Random;
  #verifier: SignatureVerifier | undefined;

  constructor(
    work: UnitOfWork,
    directory: Directory,
    @Inject(CLOCK) clock: Clock,
    @Inject(RANDOM) random: Random,
  ) {
    this.#work = work;
    this.#directory = directory;
    this.#clock = clock;
    this.#random = random;
  }

  async open(request: {
    certificateHash: string;
    nonce: string;
    deviceKey: string;
    signature: string;
  }): Promise<z.infer<typeof sessionSchema>> {
    const now = this.#clock.now();
    const keyset = await this.#directory.currentKeyset();
    const certificateHash = fromHex(request.certificateHash, 'certificate_hash', 32);
    const nonce = fromHex(request.nonce, 'nonce', 32);
    const deviceKey = fromHex(request.deviceKey, 'device_key', 32);
    this.#verifier ??= await sodiumVerifier();
    try {
      const certificate = usableCertificate(keyset, certificateHash, now);
      // The log's origin names the instance: a signature made for another one opens nothing here.
      const challenge = { origin: keyset.origin, nonce, certificateHash, deviceKey };
      const signature = fromBase64(request.signature, 'signature', 64);
      verifySessionChallenge(this.#verifier, certificate.signingPublicKey, challenge, signature);
    } catch {
      throw new Refused('unauthorized');
    }
    const token = this.#random.bytes(32);
    const expires = now + SESSION_SECONDS;
    await this.#work.run(async (tx) => {
      if (!(await takeChallenge(tx, nonce, certificateHash, now))) throw new Refused('nonce_expired');
      const tokenHash = Buffer.from(sha256(token));
      await insertSession(tx, {
        tokenHash,
        certificateHash: Buffer.from(certificateHash),
        expiresAt: expires,
        id: Buffer.from(this.#random.bytes(16)),
        deviceKey: Buffer.from(deviceKey),
        openedAt: now,
        usedAt: now,
      });
    });
    return { token: toHex(token), now, expires, idleSeconds: IDLE_SECONDS };
  }

  async list({ certificate, tokenHash }: Staff): Promise<SessionList> {
    const now = this.#clock.now();
    const rows = await this.#work.run((tx) => sessionsOf(tx, certificate.hash, now, LISTED));
    return {
      sessions: rows.map((row) => ({
        id: toHex(row.id),
        openedAt: row.openedAt,
        usedAt: row.usedAt,
        expires: row.expiresAt,
        current: bytesEqual(row.tokenHash, tokenHash),
      })),
    };
  }

  /** @throws {Refused} `not_found` also for somebody else's. */
  async end({ certificate }: Staff, id: string): Promise<void> {
    const isGone = await this.#work.run((tx) =>
      deleteSessionById(tx, certificate.hash, fromHex(id, 'session', 16)),
    );
    if (!isGone) throw new Refused('not_found');
  }

  close(tokenHash: Uint8Array): Promise<void> {
    return this.#work.run((tx) => deleteSession(tx, tokenHash));
  }

  async epochBoxes(
    certificateHash: Uint8Array,
    { after, limit }: { after?: string | undefined; limit: number },
  ): Promise<{ boxes: EpochBox[]; next: string | null }> {
    const place =
      after === undefined
        ? undefined
        : {
            roleId: fromHex(after.slice(0, ROLE_DIGITS), 'after', 16),
            epoch: Number.parseInt(after.slice(ROLE_DIGITS), 16) & 0x7fffffff,
          };
    const rows = await this.#work.run((tx) => epochBoxesOf(tx, certificateHash, place, limit));
    const last = rows[limit - 1];
    return {
      boxes: rows.map((row) => ({
        role: toHex(row.roleId),
        epoch: row.epoch,
        certificateHash: toHex(row.certificateHash),
        box: toBase64(row.box),
      })),
      next: last === undefined ? null : toHex(last.roleId) + last.epoch.toString(16).padStart(8, '0'),
    };
  }
}
