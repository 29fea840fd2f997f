import { type BlobStatus, blobReservationSchema, PART_BYTES, ROUTES } from '@app/contracts';
import { fromHex } from '@app/encoding';
import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Param,
  Put,
  SerializeOptions,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { z } from 'zod';
import { MailboxGuard, Signed, type SignedMailbox } from '../requests/mailbox-request.guard.js';
import { BlobsService } from './blobs.service.js';

const BLOB = ROUTES.blobStatus.params;
const PART = ROUTES.putPart.params;
const partBytesSchema = z.instanceof(Uint8Array).refine((b) => b.length > 0 && b.length <= PART_BYTES);

@Controller()
@UseGuards(MailboxGuard)
export class BlobsController {
  readonly #blobs: BlobsService;

  constructor(blobs: BlobsService) {
    this.#blobs = blobs;
  }

  @Put(ROUTES.reserveBlob.path)
  @SerializeOptions({ schema: ROUTES.reserveBlob.response })
  reserve(
    @Signed() mailbox: SignedMailbox,
    @Param({ schema: BLOB }) params: z.infer<typeof BLOB>,
    @Body({ schema: blobReservationSchema }) body: z.infer<typeof blobReservationSchema>,
  ): Promise<BlobStatus> {
    return this.#blobs.reserve(mailbox.id, fromHex(params.blob, 'blob', 16), body.length);
  }

  @Get(ROUTES.blobStatus.path)
  @SerializeOptions({ schema: ROUTES.blobStatus.response })
  status(
    @Signed() mailbox: SignedMailbox,
    @Param({ schema: BLOB }) params: z.infer<typeof BLOB>,
  ): Promise<BlobStatus> {
    return this.#blobs.status(mailbox.id, fromHex(params.blob, 'blob', 16));
  }

  @Put(ROUTES.putPart.path)
  @HttpCode(204)
  async put(
    @Signed() mailbox: SignedMailbox,
    @Param({ schema: PART }) params: z.infer<typeof PART>,
    @Body({ schema: partBytesSchema }) body: z.infer<typeof partBytesSchema>,
  ): Promise<void> {
    await this.#blobs.put(mailbox.id, fromHex(params.blob, 'blob', 16), params.part, body);
  }

  @Get(ROUTES.getPart.path)
  @Header('content-type', 'application/octet-stream')
  async get(
    @Signed() mailbox: SignedMailbox,
    @Param({ schema: PART }) params: z.infer<typeof PART>,
  ): Promise<StreamableFile> {
    return new StreamableFile(
      await this.#blobs.get(mailbox.id, fromHex(params.blob, 'blob', 16), params.part),
    );
  }
}
