import { type RetentionCase, type RetentionList, retentionQuerySchema, ROUTES } from '@app/contracts';
import { Controller, Get, Param, Query, SerializeOptions, UseGuards } from '@nestjs/common';
import type { z } from 'zod';
import { SignedIn, type Staff, StaffGuard } from '../session/staff.guard.js';
import { RetentionService } from './retention.service.js';

const CASE = ROUTES.retentionCase.params;

@Controller()
@UseGuards(StaffGuard)
export class RetentionController {
  readonly #retention: RetentionService;

  constructor(retention: RetentionService) {
    this.#retention = retention;
  }

  @Get(ROUTES.retention.path)
  @SerializeOptions({ schema: ROUTES.retention.response })
  list(
    @SignedIn() staff: Staff,
    @Query({ schema: retentionQuerySchema }) query: z.infer<typeof retentionQuerySchema>,
  ): Promise<RetentionList> {
    return this.#retention.list(staff, query);
  }

  @Get(ROUTES.retentionCase.path)
  @SerializeOptions({ schema: ROUTES.retentionCase.response })
  one(
    @SignedIn() staff: Staff,
    @Param({ schema: CASE }) params: z.infer<typeof CASE>,
  ): Promise<RetentionCase> {
    return this.#retention.one(staff, params.case);
  }
}
