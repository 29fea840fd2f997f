import {
  epochBoxesQuerySchema,
  type epochBoxesSchema,
  ROUTES,
  type SessionList,
  type sessionSchema,
  sessionRequestSchema,
  vaultChangeSchema,
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
  Param,
  Post,
  Put,
  Query,
  SerializeOptions,
  UseGuards,
} from '@nestjs/common';
import type { z } from 'zod';
import { SessionService } from './session.service.js';
import { SignedIn, type Staff, StaffGuard } from './staff.guard.js';
import { VaultService } from './vault.service.js';

const SESSION = ROUTES.endSession.params;

@Controller()
export class SessionController {
  readonly #sessions: SessionService;
  readonly #vaults: VaultService;

  constructor(sessions: SessionService, vaults: VaultService) {
    this.#sessions = sessions;
    this.#vaults = vaults;
  }

  @Post(ROUTES.vault.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.vault.response })
  vault(
    @Body({ schema: vaultRequestSchema }) body: z.infer<typeof vaultRequestSchema>,
  ): Promise<z.infer<typeof vaultSchema>> {
    return this.#vaults.unlock(body);
  }

  @Put(ROUTES.changeVault.path)
  @HttpCode(204)
  @UseGuards(StaffGuard)
  changeVault(
    @SignedIn() staff: Staff,
    @Body({ schema: vaultChangeSchema }) body: z.infer<typeof vaultChangeSchema>,
  ): Promise<void> {
    return this.#vaults.change(staff, body);
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

  @Get(ROUTES.sessions.path)
  @UseGuards(StaffGuard)
  @SerializeOptions({ schema: ROUTES.sessions.response })
  list(@SignedIn() staff: Staff): Promise<SessionList> {
    return this.#sessions.list(staff);
  }

  @Delete(ROUTES.endSession.path)
  @HttpCode(204)
  @UseGuards(StaffGuard)
  end(@SignedIn() staff: Staff, @Param({ schema: SESSION }) params: z.infer<typeof SESSION>): Promise<void> {
    return this.#sessions.end(staff, params.session);
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
