import { clockConfigSchema } from '@app/platform';
import { z } from 'zod';

const MIB = 1_048_576;

/** The environment of intake; anything else with our prefix stops start-up. */
export const intakeEnvironment = z.object({
  ...clockConfigSchema.shape,
  SAFE_CONDUCT_DATABASE_URL: z.string().min(1).describe('a PostgreSQL URL'),
  SAFE_CONDUCT_HOST: z.string().min(1).default('127.0.0.1'),
  SAFE_CONDUCT_PORT: z.coerce.number().int().min(0).max(65_535).describe('a port from 0 to 65535'),
  SAFE_CONDUCT_ORGANISATION: z.string().min(1).max(200),
  SAFE_CONDUCT_ROOTSET_FILE: z.string().min(1).describe('the path of the pinned ROOTSET'),
  SAFE_CONDUCT_LEDGER_DIR: z.string().min(1).describe('the folder of the public ledger files'),
  SAFE_CONDUCT_PROMISE_KEY_FILE: z.string().min(1).describe('the path of a key file'),
  SAFE_CONDUCT_PAGE_DIR: z.string().min(1).optional().describe('the folder of the built reporter page'),
  SAFE_CONDUCT_TRUST_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('the path of what the reporter page pins; needed with the folder of the page'),
  SAFE_CONDUCT_MAX_ATTACHMENT_BYTES: z.coerce
    .number()
    .int()
    .min(65_536)
    .max(500 * MIB)
    .default(25 * MIB)
    .describe('a number of bytes up to 500 MiB'),
  SAFE_CONDUCT_ORDINARY_REPORTS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(120)
    .describe('how many reports a minute are no flood'),
});

/** Settings the features of intake read. */
export class IntakeConfig {
  /** Largest sealed attachment taken: the half-octave class above the largest archive, with its overhead. */
  readonly maxBlobBytes: number;

  /** Reports a minute that are no flood; more cost work. */
  readonly ordinaryPerMinute: number;

  /** @param maxAttachmentBytes - largest archive before padding. */
  constructor(maxAttachmentBytes: number, ordinaryPerMinute: number) {
    this.ordinaryPerMinute = ordinaryPerMinute;
    this.maxBlobBytes = Math.ceil(maxAttachmentBytes * 1.5) + 64 * 1_024;
  }
}
