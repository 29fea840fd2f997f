import { base64Of, epochSchema, hashSchema, idSchema, KEY_BOX_BYTES } from '@app/contracts';
import { z } from 'zod';

const KEYRING_MAX_CHARS = 1_000_000;

/** `staff.json`: what the ceremony made for the members of staff, sealed to each of them. */
export const staffFileSchema = z.strictObject({
  vaults: z.array(
    z.strictObject({
      subject: idSchema,
      authHash: hashSchema,
      certificateHash: hashSchema,
      keyring: z.string().min(4).max(KEYRING_MAX_CHARS),
    }),
  ),
  epochBoxes: z.array(
    z.strictObject({
      role: idSchema,
      epoch: epochSchema,
      certificateHash: hashSchema,
      box: base64Of(KEY_BOX_BYTES),
    }),
  ),
});
export type StaffFile = z.infer<typeof staffFileSchema>;
