import { jobsConfigSchema } from '@app/jobs';
import { clockConfigSchema } from '@app/platform';
import { z } from 'zod';
import { noticesConfigSchema } from './notices/settings.js';

const httpUrl = z.url({ protocol: /^https?$/ });
const path = z.string().min(1);

export const workerConfigSchema = z.object({
  ...jobsConfigSchema.shape,
  ...clockConfigSchema.shape,
  ...noticesConfigSchema.shape,
  SAFE_CONDUCT_DATABASE_URL: z.string().startsWith('postgres').describe('a PostgreSQL URL'),
  SAFE_CONDUCT_ROOTSET_FILE: path.describe('the file of the pinned ROOTSET'),
  SAFE_CONDUCT_LEDGER_DIR: path.describe("the folder of the ledger's public files"),
  SAFE_CONDUCT_DIRECTORY_DIR: path.describe('the folder with keyset.bin, policy.json and staff.json'),
  SAFE_CONDUCT_SIGNER_URL: httpUrl.describe('the URL of the signer'),
  SAFE_CONDUCT_WITNESS_URLS: z
    .string()
    .transform((list) => list.split(',').map((url) => url.trim()))
    .pipe(z.array(httpUrl).min(1))
    .describe('the URLs of the witnesses, with commas between them'),
});
