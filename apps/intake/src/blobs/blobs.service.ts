import { PART_BYTES, type BlobStatus } from '@app/contracts';
import { checkSealedBlobLength, sha256 } from '@app/crypto/verify';
import { bytesEqual } from '@app/encoding';
import { type Clock, CLOCK, Refused } from '@app/platform';
import { type BlobRow, type Tx, UnitOfWork } from '@app/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { IntakeConfig } from '../config.js';
import { countUnsent, findBlob, findPart, insertPart, reserveBlob, storedParts } from './blobs.queries.js';

/** Attachments one mailbox may have announced and not sent yet; what nobody refers to is dropped after a day. */
const MOST_UNSENT = 8;
const HOUR_SECONDS = 3_600;

/**
 * Sealed attachments in 1 MiB parts, in any order, each sent until it is stored: an interrupted upload asks
 * what is there and goes on. A blob no event refers to is dropped after a day.
 */
@Injectable()
export class BlobsService {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;
  readonly #config: IntakeConfig;

  constructor(work: UnitOfWork, @Inject(CLOCK) clock: Clock, config: IntakeConfig) {
    this.#work = work;
    this.#clock = clock;
    this.#config = config;
  }

  reserve(mailboxId: Uint8Array, id: Uint8Array, length: number): Promise<BlobStatus> {
    if (length > this.#config.maxBlobBytes) throw new Refused('body_too_large');
    try {
      checkSealedBlobLength(length);
    } catch {
      throw new Refused('wrong_size_class');
    }
    return this.#work.run(async (tx) => {
      await reserveBlob(tx, {
        id: Buffer.from(id),
        mailboxId: Buffer.from(mailboxId),
        length,
        reservedAt: this.#clock.now(),
      });
      const blob = await findBlob(tx, mailboxId, id);
      if (blob?.length !== length) throw new Refused('id_taken');
      if ((await countUnsent(tx, mailboxId)) > MOST_UNSENT)
        throw new Refused('too_many_requests', { retryAfterSeconds: HOUR_SECONDS });
      return statusOf(tx, blob);
    });
  }

  status(mailboxId: Uint8Array, id: Uint8Array): Promise<BlobStatus> {
    return this.#work.run(async (tx) => statusOf(tx, await this.#ownBlob(tx, mailboxId, id)));
  }

  put(mailboxId: Uint8Array, id: Uint8Array, part: number, bytes: Uint8Array): Promise<void> {
    return this.#work.run(async (tx) => {
      const blob = await this.#ownBlob(tx, mailboxId, id);
      if (bytes.length !== partLength(blob.length, part)) throw new Refused('wrong_size_class');
      const hash = Buffer.from(sha256(bytes));
      await insertPart(tx, { blobId: blob.id, part, sha256: hash, bytes: Buffer.from(bytes) });
      const stored = (await storedParts(tx, mailboxId, id)).find((p) => p.part === part);
      if (!stored || !bytesEqual(stored.sha256, hash)) throw new Refused('part_mismatch');
    });
  }

  get(mailboxId: Uint8Array, id: Uint8Array, part: number): Promise<Buffer> {
    return this.#work.run(async (tx) => {
      const bytes = await findPart(tx, mailboxId, id, part);
      if (!bytes) throw new Refused('not_found');
      return bytes;
    });
  }

  async #ownBlob(tx: Tx, mailboxId: Uint8Array, id: Uint8Array): Promise<BlobRow> {
    const blob = await findBlob(tx, mailboxId, id);
    if (!blob) throw new Refused('not_found');
    return blob;
  }
}

/** @throws {Refused} `not_found` unless the mailbox reserved it, `blob_incomplete` unless every part is there. */
export async function checkComplete(tx: Tx, mailboxId: Uint8Array, id: Uint8Array): Promise<void> {
  const blob = await findBlob(tx, mailboxId, id);
  if (!blob) throw new Refused('not_found');
  const parts = await storedParts(tx, mailboxId, id);
  if (parts.length !== Math.ceil(blob.length / PART_BYTES)) throw new Refused('blob_incomplete');
}

async function statusOf(tx: Tx, blob: BlobRow): Promise<BlobStatus> {
  const parts = await storedParts(tx, blob.mailboxId, blob.id);
  return { length: blob.length, parts: parts.map((p) => p.part) };
}

/** Bytes of one part: 1 MiB, less in the last; zero outside the blob. */
function partLength(blobLength: number, part: number): number {
  return Math.max(0, Math.min(PART_BYTES, blobLength - part * PART_BYTES));
}
