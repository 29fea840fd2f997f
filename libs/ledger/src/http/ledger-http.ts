import { UnitOfWork } from '@app/persistence';
import { CLOCK, RANDOM } from '@app/platform';
import type { Provider } from '@nestjs/common';
import { LedgerAppender } from '../appender.js';
import { Directory } from '../directory.js';
import type { LedgerServices } from '../services.js';
import { INSTANCE_FACTS, type InstanceFacts, LEDGER_STORE, LedgerFacts } from './ledger.controller.js';

/** Opened services as providers of a Nest module, closed with it. */
export function ledgerProviders(services: LedgerServices, facts: InstanceFacts): Provider[] {
  return [
    { provide: UnitOfWork, useValue: services.work },
    { provide: Directory, useValue: services.directory },
    { provide: LedgerAppender, useValue: services.appender },
    { provide: LEDGER_STORE, useValue: services.store },
    { provide: CLOCK, useValue: services.clock },
    { provide: RANDOM, useValue: services.random },
    { provide: INSTANCE_FACTS, useValue: facts },
    { provide: CLOSES_SERVICES, useValue: { onApplicationShutdown: () => services.close() } },
    LedgerFacts,
  ];
}

const CLOSES_SERVICES = Symbol('ClosesServices');
