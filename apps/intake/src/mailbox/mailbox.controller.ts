import {
  type LedgerProof,
  type Mailbox,
  type MailboxAct,
  mailboxActSchema,
  ROUTES,
  type StoredObject,
  type SubmissionReceipt,
} from '@app/contracts';
import { Body, Controller, Get, HttpCode, Param, Post, SerializeOptions, UseGuards } from '@nestjs/common';
import type { z } from 'zod';
import { MailboxGuard, Signed, type SignedMailbox } from '../requests/mailbox-request.guard.js';
import { MailboxService } from './mailbox.service.js';

const OBJECT = ROUTES.mailboxObject.params;
const PROOF = ROUTES.mailboxProof.params;

@Controller()
@UseGuards(MailboxGuard)
export class MailboxController {
  readonly #mailbox: MailboxService;

  constructor(mailbox: MailboxService) {
    this.#mailbox = mailbox;
  }

  @Get(ROUTES.mailbox.path)
  @SerializeOptions({ schema: ROUTES.mailbox.response })
  read(@Signed() mailbox: SignedMailbox): Promise<Mailbox> {
    return this.#mailbox.read(mailbox);
  }

  @Get(ROUTES.mailboxObject.path)
  @SerializeOptions({ schema: ROUTES.mailboxObject.response })
  object(
    @Signed() mailbox: SignedMailbox,
    @Param({ schema: OBJECT }) params: z.infer<typeof OBJECT>,
  ): Promise<StoredObject> {
    return this.#mailbox.object(mailbox, params.object);
  }

  @Get(ROUTES.mailboxProof.path)
  @SerializeOptions({ schema: ROUTES.mailboxProof.response })
  proof(
    @Signed() mailbox: SignedMailbox,
    @Param({ schema: PROOF }) params: z.infer<typeof PROOF>,
  ): Promise<LedgerProof> {
    return this.#mailbox.proof(mailbox, params.event);
  }

  @Post(ROUTES.mailboxAct.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.mailboxAct.response })
  act(
    @Signed() mailbox: SignedMailbox,
    @Body({ schema: mailboxActSchema }) body: MailboxAct,
  ): Promise<SubmissionReceipt> {
    return this.#mailbox.act(mailbox, body);
  }
}
