import { type ReferralFile, type ReferralList, referralsQuerySchema, ROUTES } from '@app/contracts';
import { Controller, Get, Param, Query, SerializeOptions, UseGuards } from '@nestjs/common';
import type { z } from 'zod';
import { SignedIn, type Staff, StaffGuard } from '../session/staff.guard.js';
import { ReferralsService } from './referrals.service.js';

const CASE = ROUTES.referralFile.params;

@Controller()
@UseGuards(StaffGuard)
export class ReferralsController {
  readonly #referrals: ReferralsService;

  constructor(referrals: ReferralsService) {
    this.#referrals = referrals;
  }

  @Get(ROUTES.referrals.path)
  @SerializeOptions({ schema: ROUTES.referrals.response })
  list(
    @SignedIn() staff: Staff,
    @Query({ schema: referralsQuerySchema }) query: z.infer<typeof referralsQuerySchema>,
  ): Promise<ReferralList> {
    return this.#referrals.list(staff, query);
  }

  @Get(ROUTES.referralFile.path)
  @SerializeOptions({ schema: ROUTES.referralFile.response })
  file(
    @SignedIn() staff: Staff,
    @Param({ schema: CASE }) params: z.infer<typeof CASE>,
  ): Promise<ReferralFile> {
    return this.#referrals.file(staff, params.case);
  }
}
