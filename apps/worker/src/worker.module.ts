import type { JobQueues } from '@app/jobs';
import type { LedgerServices, PublisherDeps } from '@app/ledger';
import type { Log } from '@app/platform';
import { type DynamicModule, Module } from '@nestjs/common';
import { AssignService } from './cases/assign.service.js';
import { LapseService } from './cases/lapse.service.js';
import { RetentionService } from './cases/retention.service.js';
import { WatchService } from './cases/watch.service.js';
import { DirectoryService } from './directory/directory.service.js';
import { DocumentsService } from './directory/documents.service.js';
import { NoticesService } from './notices/notices.service.js';
import type { Notices } from './notices/settings.js';
import { TickService } from './ledger/tick.service.js';
import { SweepService } from './store/sweep.service.js';
import { WorkerService } from './worker.service.js';

export type WorkerParts = {
  readonly services: LedgerServices;
  readonly queues: JobQueues;
  readonly directoryDir: string;
  readonly notices: Notices;
  readonly parties: Pick<PublisherDeps, 'signer' | 'witnesses' | 'verifier'>;
  readonly log: Log;
};

@Module({})
export class WorkerModule {
  static forRoot({ services, queues, directoryDir, notices, parties, log }: WorkerParts): DynamicModule {
    const { work, clock } = services;
    return {
      module: WorkerModule,
      providers: [
        {
          provide: WorkerService,
          useFactory: () => {
            const directory = new DirectoryService(services, directoryDir, log);
            const use = {
              directory,
              documents: new DocumentsService(services, directoryDir, log),
              assign: new AssignService(services, directory),
              lapse: new LapseService(services, directory),
              watch: new WatchService(work, queues, clock),
              tick: new TickService(services, directory, parties, log),
              sweep: new SweepService(work, clock),
              retention: new RetentionService(work, clock),
              notices: new NoticesService({ work, queues, clock, log }, notices),
            };
            return new WorkerService(services, queues, use, log);
          },
        },
      ],
    };
  }
}
