import {
  type AlarmPage,
  alarmsQuerySchema,
  type CheckpointPage,
  checkpointsQuerySchema,
  type Delays,
  delaysQuerySchema,
  type Openings,
  openingsQuerySchema,
  responseTimesQuerySchema,
  type responseTimesSchema,
  ROUTES,
} from '@app/contracts';
import { Controller, Get, Query, SerializeOptions, UseGuards } from '@nestjs/common';
import type { z } from 'zod';
import { SignedIn, type Staff, StaffGuard } from '../session/staff.guard.js';
import { OversightService } from './oversight.service.js';

@Controller()
@UseGuards(StaffGuard)
export class OversightController {
  readonly #oversight: OversightService;

  constructor(oversight: OversightService) {
    this.#oversight = oversight;
  }

  @Get(ROUTES.openings.path)
  @SerializeOptions({ schema: ROUTES.openings.response })
  openings(
    @SignedIn() staff: Staff,
    @Query({ schema: openingsQuerySchema }) query: z.infer<typeof openingsQuerySchema>,
  ): Promise<Openings> {
    return this.#oversight.openings(staff, query.from, query.to);
  }

  @Get(ROUTES.checkpoints.path)
  @SerializeOptions({ schema: ROUTES.checkpoints.response })
  checkpoints(
    @SignedIn() staff: Staff,
    @Query({ schema: checkpointsQuerySchema }) query: z.infer<typeof checkpointsQuerySchema>,
  ): Promise<CheckpointPage> {
    return this.#oversight.checkpoints(staff, query);
  }

  @Get(ROUTES.delays.path)
  @SerializeOptions({ schema: ROUTES.delays.response })
  delays(
    @SignedIn() staff: Staff,
    @Query({ schema: delaysQuerySchema }) query: z.infer<typeof delaysQuerySchema>,
  ): Promise<Delays> {
    return this.#oversight.delays(staff, query.from, query.to);
  }

  @Get(ROUTES.alarms.path)
  @SerializeOptions({ schema: ROUTES.alarms.response })
  alarms(
    @SignedIn() staff: Staff,
    @Query({ schema: alarmsQuerySchema }) query: z.infer<typeof alarmsQuerySchema>,
  ): Promise<AlarmPage> {
    return this.#oversight.alarms(staff, query.after, query.limit);
  }

  @Get(ROUTES.responseTimes.path)
  @SerializeOptions({ schema: ROUTES.responseTimes.response })
  times(
    @SignedIn() staff: Staff,
    @Query({ schema: responseTimesQuerySchema }) query: z.infer<typeof responseTimesQuerySchema>,
  ): Promise<z.infer<typeof responseTimesSchema>> {
    return this.#oversight.times(staff, query);
  }
}
