import { ROUTES, type Submission, submissionSchema, type SubmissionReceipt } from '@app/contracts';
import { Body, Controller, HttpCode, Post, SerializeOptions, UseGuards } from '@nestjs/common';
import { MailboxGuard, Signed, type SignedMailbox } from '../requests/mailbox-request.guard.js';
import { ThreadsService } from './threads.service.js';

@Controller()
@UseGuards(MailboxGuard)
export class ThreadsController {
  readonly #threads: ThreadsService;

  constructor(threads: ThreadsService) {
    this.#threads = threads;
  }

  @Post(ROUTES.submit.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.submit.response })
  submit(
    @Signed() mailbox: SignedMailbox,
    @Body({ schema: submissionSchema }) body: Submission,
  ): Promise<SubmissionReceipt> {
    return this.#threads.submit(mailbox, body);
  }
}
