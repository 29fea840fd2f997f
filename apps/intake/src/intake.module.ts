import { type InstanceFacts, LedgerController, ledgerProviders, type LedgerServices } from '@app/ledger';
import type { DynamicModule } from '@nestjs/common';
import { BlobsController } from './blobs/blobs.controller.js';
import { BlobsService } from './blobs/blobs.service.js';
import { IntakeConfig } from './config.js';
import { MailboxController } from './mailbox/mailbox.controller.js';
import { MailboxService } from './mailbox/mailbox.service.js';
import { PromiseSigner } from './promise-signer.js';
import { FloodService } from './requests/flood.service.js';
import { MailboxGuard } from './requests/mailbox-request.guard.js';
import { NoncesController } from './requests/nonces.controller.js';
import { ThreadsController } from './threads/threads.controller.js';
import { ThreadsService } from './threads/threads.service.js';

/** The public surface: reports in, sealed answers out. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- Nest tells modules apart by their classes
export class IntakeModule {
  static with(
    services: LedgerServices,
    facts: InstanceFacts,
    promises: PromiseSigner,
    ordinaryPerMinute: number,
  ): DynamicModule {
    return {
      module: IntakeModule,
      controllers: [
        LedgerController,
        NoncesController,
        BlobsController,
        ThreadsController,
        MailboxController,
      ],
      providers: [
        ...ledgerProviders(services, facts),
        { provide: PromiseSigner, useValue: promises },
        { provide: IntakeConfig, useValue: new IntakeConfig(facts.maxAttachmentBytes, ordinaryPerMinute) },
        FloodService,
        MailboxGuard,
        BlobsService,
        ThreadsService,
        MailboxService,
      ],
    };
  }
}
