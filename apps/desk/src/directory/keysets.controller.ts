import { keysetPublicationSchema, ROUTES } from '@app/contracts';
import { fromBase64 } from '@app/encoding';
import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import type { z } from 'zod';
import { type Repeatable, RepeatableBy } from '../request-headers.js';
import { SignedIn, type Staff, StaffGuard } from '../session/staff.guard.js';
import { KeysetsService } from './keysets.service.js';

@Controller()
@UseGuards(StaffGuard)
export class KeysetsController {
  readonly #keysets: KeysetsService;

  constructor(keysets: KeysetsService) {
    this.#keysets = keysets;
  }

  @Post(ROUTES.publishKeyset.path)
  @HttpCode(204)
  publish(
    @SignedIn() staff: Staff,
    @Body({ schema: keysetPublicationSchema }) body: z.infer<typeof keysetPublicationSchema>,
    @RepeatableBy() repeatable: Repeatable,
  ): Promise<void> {
    return this.#keysets.publish(staff, fromBase64(body.keyset, 'keyset'), body.boxes, repeatable);
  }
}
