import { type DeadLetterPage, deadLetterDiscardSchema, deadLettersQuerySchema, ROUTES } from '@app/contracts';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  Post,
  Query,
  SerializeOptions,
  UseGuards,
} from '@nestjs/common';
import type { z } from 'zod';
import { type Repeatable, RepeatableBy } from '../request-headers.js';
import { SignedIn, type Staff, StaffGuard } from '../session/staff.guard.js';
import { DeadLettersService } from './dead-letters.service.js';

const LETTER = ROUTES.redriveDeadLetter.params;

@Controller()
@UseGuards(StaffGuard)
export class DeadLettersController {
  readonly #letters: DeadLettersService;

  constructor(letters: DeadLettersService) {
    this.#letters = letters;
  }

  @Get(ROUTES.deadLetters.path)
  @SerializeOptions({ schema: ROUTES.deadLetters.response })
  list(
    @SignedIn() staff: Staff,
    @Query({ schema: deadLettersQuerySchema }) query: z.infer<typeof deadLettersQuerySchema>,
  ): Promise<DeadLetterPage> {
    return this.#letters.list(staff, query);
  }

  @Post(ROUTES.redriveDeadLetter.path)
  @HttpCode(204)
  redrive(
    @SignedIn() staff: Staff,
    @Param({ schema: LETTER }) params: z.infer<typeof LETTER>,
    @RepeatableBy() repeatable: Repeatable,
  ): Promise<void> {
    return this.#letters.redrive(staff, params.letter, repeatable);
  }

  @Post(ROUTES.discardDeadLetter.path)
  @HttpCode(204)
  discard(
    @SignedIn() staff: Staff,
    @Param({ schema: LETTER }) params: z.infer<typeof LETTER>,
    @Body({ schema: deadLetterDiscardSchema }) body: z.infer<typeof deadLetterDiscardSchema>,
    @RepeatableBy() repeatable: Repeatable,
  ): Promise<void> {
    return this.#letters.discard(staff, params.letter, body.reason, repeatable);
  }
}
