import {
  type challengeSchema,
  epochBoxesQuerySchema,
  type epochBoxesSchema,
  ROUTES,
  type sessionSchema,
  sessionRequestSchema,
  type vaultSchema,
  vaultRequestSchema,
} from '@app/contracts';
import { fromHex } from '@app/encoding';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Post,
  Query,
  SerializeOptions,
  UseGuards,
} from '@nestjs/common';
import type { z } from 'zod';
import { SessionService } from './session.service.js';
import { SignedIn, type Staff, StaffGuard } from './staff.guard.js';

@Controller()
export class SessionController {
  readonly #sessions: SessionService;

  constructor(sessions: SessionService) {
    this.#sessions = sessions;
  }

  @Post(ROUTES.vault.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.vault.response })
  vault(
    @Body({ schema: vaultRequestSchema }) body: z.infer<typeof vaultRequestSchema>,
  ): Promise<z.infer<typeof vaultSchema>> {
    return this.#sessions.vault(body.subject, body.authKey);
  }

  @Post(ROUTES.challenge.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.challenge.response })
  challenge(): Promise<z.infer<typeof challengeSchema>> {
    return this.#sessions.challenge();
  }

  @Post(ROUTES.openSession.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.openSession.response })
  open(
    @Body({ schema: sessionRequestSchema }) body: z.infer<typeof sessionRequestSchema>,
  ): Promise<z.infer<typeof sessionSchema>> {
    return this.#sessions.open(body);
  }

  @Delete(ROUTES.closeSession.path)
  @HttpCode(204)
  @UseGuards(StaffGuard)
  close(@SignedIn() staff: Staff): Promise<void> {
    return this.#sessions.close(staff.tokenHash);
  }

  @Get(ROUTES.epochBoxes.path)
  @UseGuards(StaffGuard)
  @SerializeOptions({ schema: ROUTES.epochBoxes.response })
  epochBoxes(
    @SignedIn() staff: Staff,
    @Query({ schema: epochBoxesQuerySchema }) query: z.infer<typeof epochBoxesQuerySchema>,
  ): Promise<z.infer<typeof epochBoxesSchema>> {
    return this.#sessions.epochBoxes(fromHex(staff.actor.certificate, 'certificate', 32), query);
  }
}
