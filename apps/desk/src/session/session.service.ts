import type { EpochBox, sessionSchema, vaultSchema } from '@app/contracts';
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
  addChallenge,
  deleteSession,
  epochBoxesOf,
  findVault,
  insertSession,
  takeChallenge,
} from './session.queries.js';

/** A place among epoch boxes: a role id, then the epoch. */
const ROLE_DIGITS = 32;
const CHALLENGE_SECONDS = 120;
const SESSION_SECONDS = 15 * 60;

/** Opens sessions: the vault by its fetch key, then a signature by the certificate's own key. */
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

  /** An unknown subject and a wrong key are the same answer. */
  async vault(subject: string, authKey: string): Promise<z.infer<typeof vaultSchema>> {
    const row = await this.#work.run((tx) => findVault(tx, fromHex(subject, 'subject', 16)));
    const hash = sha256(fromBase64(authKey, 'auth_key', 32));
    if (!row || !bytesEqual(hash, row.authHash)) throw new Refused('unauthorized');
    return { keyring: toBase64(row.keyring), certificateHash: toHex(row.certificateHash) };
  }

  async challenge(): Promise<{ nonce: string; expires: number }> {
    const nonce = this.#random.bytes(32);
    const expires = this.#clock.now() + CHALLENGE_SECONDS;
    await this.#work.run((tx) => addChallenge(tx, nonce, expires));
    return { nonce: toHex(nonce), expires };
  }

  async open(request: {
    certificateHash: string;
    nonce: string;
    signature: string;
  }): Promise<z.infer<typeof sessionSchema>> {
    const now = this.#clock.now();
    const keyset = await this.#directory.currentKeyset();
    const certificateHash = fromHex(request.certificateHash, 'certificate_hash', 32);
    const nonce = fromHex(request.nonce, 'nonce', 32);
    this.#verifier ??= await sodiumVerifier();
    try {
      const certificate = usableCertificate(keyset, certificateHash, now);
      // The log's origin names the instance: a signature made for another one opens nothing here.
      const challenge = { origin: keyset.origin, nonce, certificateHash };
      const signature = fromBase64(request.signature, 'signature', 64);
      verifySessionChallenge(this.#verifier, certificate.signingPublicKey, challenge, signature);
    } catch {
      throw new Refused('unauthorized');
    }
    const token = this.#random.bytes(32);
    const expires = now + SESSION_SECONDS;
    await this.#work.run(async (tx) => {
      if (!(await takeChallenge(tx, nonce, now))) throw new Refused('nonce_expired');
      const tokenHash = Buffer.from(sha256(token));
      await insertSession(tx, {
        tokenHash,
        certificateHash: Buffer.from(certificateHash),
        expiresAt: expires,
      });
    });
    return { token: toHex(token), expires };
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
