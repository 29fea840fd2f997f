import { clockConfigSchema } from '@app/platform';
import { z } from 'zod';

/** The environment of the desk; anything else with our prefix stops start-up. */
export const deskEnvironment = z.object({
  ...clockConfigSchema.shape,
  SAFE_CONDUCT_DATABASE_URL: z.string().min(1).describe('a PostgreSQL URL'),
  SAFE_CONDUCT_HOST: z.string().min(1).default('127.0.0.1'),
  SAFE_CONDUCT_PORT: z.coerce.number().int().min(0).max(65_535).describe('a port from 0 to 65535'),
  SAFE_CONDUCT_ORGANISATION: z.string().min(1).max(200),
  SAFE_CONDUCT_ROOTSET_FILE: z.string().min(1).describe('the path of the pinned ROOTSET'),
  SAFE_CONDUCT_LEDGER_DIR: z.string().min(1).describe('the folder of the public ledger files'),
});

/** Settings the features of the desk read. */
export class DeskConfig {
  /** Bytes of the pinned ROOTSET. */
  readonly rootset: Uint8Array;

  constructor(rootset: Uint8Array) {
    this.rootset = rootset;
  }
}
