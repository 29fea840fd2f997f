import type { EpochBox } from '@app/contracts';
import { isCapable, type Keyset, sodiumVerifier, verifyKeyset } from '@app/crypto/verify';
import { bytesEqual, fromBase64, fromHex, VerificationError } from '@app/encoding';
import { Directory } from '@app/ledger';
import { AlarmRow, EpochBoxRow, KeysetRow, once, type Tx, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { Repeatable } from '../request-headers.js';
import type { Staff } from '../session/staff.guard.js';
import { DeskConfig } from '../config.js';

/** Publication of a new KEYSET by a holder who may make role epochs, with the new seeds boxed to the holders. */
@Injectable()
export class KeysetsService {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #config: DeskConfig;

  constructor(work: UnitOfWork, directory: Directory, @Inject(CLOCK) clock: Clock, config: DeskConfig) {
    this.#work = work;
    this.#directory = directory;
    this.#clock = clock;
    this.#config = config;
  }

  async publish(
    staff: Staff,
    bytes: Uint8Array,
    boxes: readonly EpochBox[],
    repeatable: Repeatable,
  ): Promise<void> {
    if (!isCapable(staff.certificate, 'epoch')) throw new Refused('not_found');
    await this.#work.run((tx) =>
      once(tx, { ...repeatable, now: this.#clock.now() }, async () => {
        await this.#publish(tx, bytes, boxes);
        return null;
      }),
    );
  }

  async #publish(tx: Tx, bytes: Uint8Array, boxes: readonly EpochBox[]): Promise<void> {
    const previous = await this.#directory.currentKeyset();
    const keyset = await this.#verify(bytes, previous);
    if (bytesEqual(keyset.hash, previous.hash)) return;
    if (keyset.version !== previous.version + 1)
      throw new Refused('keyset_refused', { reason: 'keyset_version' });
    checkBoxes(keyset, boxes);
    await this.#store(tx, keyset, boxes);
  }

  /** A refusal of a rolled-back or double KEYSET is also an alarm: somebody tried. */
  async #verify(bytes: Uint8Array, previous: Keyset): Promise<Keyset> {
    const now = this.#clock.now();
    try {
      return verifyKeyset(await sodiumVerifier(), bytes, { rootset: this.#config.rootset, now, previous });
    } catch (error) {
      const reason = error instanceof VerificationError ? String(error.code) : 'malformed';
      await this.#work.run((tx) => raiseAlarm(tx, reason, now));
      throw new Refused('keyset_refused', { reason });
    }
  }

  async #store(tx: Tx, keyset: Keyset, boxes: readonly EpochBox[]): Promise<void> {
    await tx.insert(KeysetRow, {
      version: keyset.version,
      rootVersion: keyset.rootVersion,
      hash: Buffer.from(keyset.hash),
      bytes: Buffer.from(keyset.bytes),
      importedAt: this.#clock.now(),
    });
    for (const { role, epoch, certificateHash, box } of boxes) {
      await tx.insert(EpochBoxRow, {
        roleId: Buffer.from(fromHex(role, 'role', 16)),
        epoch,
        certificateHash: Buffer.from(fromHex(certificateHash, 'certificate_hash', 32)),
        box: Buffer.from(fromBase64(box, 'box')),
      });
    }
  }
}

/** Boxes belong to epochs and certificates that the new KEYSET names. */
function checkBoxes(keyset: Keyset, boxes: readonly EpochBox[]): void {
  for (const { role, epoch, certificateHash } of boxes) {
    const roleId = fromHex(role, 'role', 16);
    const certificate = keyset.certificate(fromHex(certificateHash, 'certificate_hash', 32));
    const known = keyset.epochs.some((e) => e.epoch === epoch && bytesEqual(e.roleId, roleId));
    if (!known || !certificate || !bytesEqual(certificate.roleId, roleId))
      throw new Refused('codes_mismatch');
  }
}

async function raiseAlarm(tx: Tx, code: string, now: number): Promise<void> {
  await tx
    .createQueryBuilder()
    .insert()
    .into(AlarmRow)
    .values({ code, subject: 'keyset', raisedAt: now })
    .orIgnore()
    .updateEntity(false)
    .execute();
}
