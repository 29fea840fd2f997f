import { type InstanceFacts, LedgerController, ledgerProviders, type LedgerServices } from '@app/ledger';
import type { DynamicModule } from '@nestjs/common';
import { ActsService } from './cases/acts.service.js';
import { CasesController } from './cases/cases.controller.js';
import { CasesService } from './cases/cases.service.js';
import { RetentionController } from './custody/retention.controller.js';
import { RetentionService } from './custody/retention.service.js';
import { DeskConfig } from './config.js';
import { KeysetsController } from './directory/keysets.controller.js';
import { KeysetsService } from './directory/keysets.service.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { DeadLettersController } from './operations/dead-letters.controller.js';
import { DeadLettersService } from './operations/dead-letters.service.js';
import { OversightController } from './oversight/oversight.controller.js';
import { OversightService } from './oversight/oversight.service.js';
import { ReferralsController } from './cases/referrals.controller.js';
import { ReferralsService } from './cases/referrals.service.js';
import { SessionController } from './session/session.controller.js';
import { SessionService } from './session/session.service.js';
import { StaffGuard } from './session/staff.guard.js';
import { VaultService } from './session/vault.service.js';

/** The staff surface: cases by role, signed acts, times for oversight. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- Nest tells modules apart by their classes
export class DeskModule {
  static with(services: LedgerServices, facts: InstanceFacts, config: DeskConfig): DynamicModule {
    return {
      module: DeskModule,
      controllers: [
        LedgerController,
        SessionController,
        CasesController,
        OversightController,
        RetentionController,
        ReferralsController,
        KeysetsController,
        EventsController,
        DeadLettersController,
      ],
      providers: [
        ...ledgerProviders(services, facts),
        { provide: DeskConfig, useValue: config },
        StaffGuard,
        SessionService,
        VaultService,
        CasesService,
        ActsService,
        OversightService,
        RetentionService,
        ReferralsService,
        KeysetsService,
        EventsService,
        DeadLettersService,
      ],
    };
  }
}
