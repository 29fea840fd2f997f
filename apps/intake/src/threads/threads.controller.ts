import { ROUTES, type Submission, submissionSchema, type SubmissionReceipt } from '@app/contracts';
import { Body, Controller, HttpCode, Post, SerializeOptions, UseGuards } from '@nestjs/common';
import { PromiseSigner } from '../promise-signer.js';
import { MailboxGuard, Signed, type SignedMailbox } from '../requests/mailbox-request.guard.js';
import { ThreadsService } from './threads.service.js';

@Controller()
@UseGuards(MailboxGuard)
export class ThreadsController {
  readonly #threads: ThreadsService;
  readonly #promises: PromiseSigner;

  constructor(threads: ThreadsService, promises: PromiseSigner) {
    this.#threads = threads;
    this.#promises = promises;
  }

  @Post(ROUTES.submit.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.submit.response })
  async submit(
    @Signed() mailbox: SignedMailbox,
    @Body({ schema: submissionSchema }) body: Submission,
  ): Promise<SubmissionReceipt> {
    const { receipt, inForce } = await this.#threads.submit(mailbox, body);
    return this.#promises.promise(receipt, inForce);
  }
}
