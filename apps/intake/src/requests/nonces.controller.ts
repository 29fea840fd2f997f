import { type noncesSchema, noncesRequestSchema, ROUTES } from '@app/contracts';
import { toHex } from '@app/encoding';
import { type Clock, CLOCK, type Random, RANDOM } from '@app/platform';
import { UnitOfWork } from '@app/persistence';
import { Body, Controller, HttpCode, Inject, Post, SerializeOptions } from '@nestjs/common';
import type { z } from 'zod';
import { FloodService } from './flood.service.js';
import { addNonces, NONCE_SECONDS } from './nonces.queries.js';

@Controller()
export class NoncesController {
  readonly #work: UnitOfWork;
  readonly #flood: FloodService;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(
    work: UnitOfWork,
    flood: FloodService,
    @Inject(CLOCK) clock: Clock,
    @Inject(RANDOM) random: Random,
  ) {
    this.#work = work;
    this.#flood = flood;
    this.#clock = clock;
    this.#random = random;
  }

  @Post(ROUTES.nonces.path)
  @HttpCode(200)
  @SerializeOptions({ schema: ROUTES.nonces.response })
  async issue(
    @Body({ schema: noncesRequestSchema }) request: z.infer<typeof noncesRequestSchema>,
  ): Promise<z.infer<typeof noncesSchema>> {
    const expires = this.#clock.now() + NONCE_SECONDS;
    const nonces = Array.from({ length: request.count }, () => this.#random.bytes(16));
    await this.#work.statement((tx) => addNonces(tx, nonces, expires));
    return { nonces: nonces.map(toHex), expires, work: await this.#flood.bits() };
  }
}
