/** Who gets notices, when, and through what: one private file, read at start. */
import { sha256 } from '@app/crypto/verify';
import { encodeUtf8, fromBase64, toHex } from '@app/encoding';
import { errorCode, EXIT, readFileStrict, StartupError } from '@app/platform';
import path from 'node:path';
import { z } from 'zod';

const MAX_BYTES = 262_144;
const LOOPBACK = ['127.0.0.1', '::1', '[::1]', 'localhost'];

/** Config slice: without the variable nobody gets notices. */
export const noticesConfigSchema = z.object({
  SAFE_CONDUCT_NOTICES_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('the file that says who gets notices, when, and through what'),
});

const file = z.string().min(1);
// What stands in a header: no spaces, no line breaks, ASCII.
const address = z
  .email()
  .max(254)
  .regex(/^[\x21-\x7e]+$/);
const webhook = z.url({ protocol: /^https?$/ }).refine((text) => {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || LOOPBACK.includes(hostname);
});
const role = z.string().regex(/^[0-9a-f]{32}$/);

const settingsSchema = z.strictObject({
  /** Times of day, UTC. */
  times: z
    .array(z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/))
    .min(1)
    .max(24),
  mail: z
    .strictObject({
      host: z.string().min(1),
      port: z.int().min(1).max(65_535),
      tls: z.enum(['starttls', 'implicit']).default('starttls'),
      from: address,
      /** JSON with `user` and `password`. */
      credentialsFile: file.optional(),
      /** PEM of the authority that vouches for the server, if no public one does. */
      authorityFile: file.optional(),
    })
    .optional(),
  recipients: z
    .array(
      z.union([z.strictObject({ role, mail: address }), z.strictObject({ role, webhook, secretFile: file })]),
    )
    .max(1_000),
});

const credentialsSchema = z.strictObject({ user: z.string().min(1), password: z.string().min(1) });
/** As Standard Webhooks writes it: 32 random bytes. */
const secretSchema = z.string().regex(/^whsec_[A-Za-z0-9+/]{43}=$/);

export type MailServer = {
  readonly host: string;
  readonly port: number;
  readonly tls: 'starttls' | 'implicit';
  readonly from: string;
  readonly credentials?: { readonly user: string; readonly password: string };
  readonly authority?: string;
  /** Nothing leaves the machine: the one case in which the server need not offer TLS. */
  readonly isLoopback: boolean;
};

/** `id` stands for role and address, and says neither: 16 bytes, hex. */
export type Recipient = { readonly id: string } & (
  | { readonly kind: 'mail'; readonly address: string; readonly server: MailServer }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: Uint8Array }
);

export type Notices = { readonly minutesOfDay: readonly number[]; readonly recipients: readonly Recipient[] };

export const NO_NOTICES: Notices = { minutesOfDay: [], recipients: [] };

/** @throws {StartupError} naming the part that is not valid, never what it holds. */
export async function loadNotices(settingsFile: string): Promise<Notices> {
  const folder = path.dirname(settingsFile);
  const read = async (name: string, what: string): Promise<string> => {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(
        await readFileStrict(path.resolve(folder, name), MAX_BYTES),
      );
    } catch (error) {
      return refuse(`${what} cannot be read (${errorCode(error)})`);
    }
  };
  const settings = parse(settingsSchema, await read(path.basename(settingsFile), 'The file'), 'The file');
  const server = settings.mail && (await mailServer(settings.mail, read));
  const recipients: Recipient[] = [];
  for (const [i, given] of settings.recipients.entries()) {
    const id = (target: string): string =>
      toHex(sha256(encodeUtf8(`notice ${given.role} ${target}`)).subarray(0, 16));
    if ('mail' in given) {
      if (server === undefined) return refuse('mail is missing');
      recipients.push({ id: id(given.mail), kind: 'mail', address: given.mail, server });
      continue;
    }
    const what = `The secret of recipients.${String(i)}`;
    const secret = secretSchema.safeParse((await read(given.secretFile, what)).trim());
    if (!secret.success) return refuse(`${what} is not whsec_ and 32 bytes in base64`);
    const bytes = fromBase64(secret.data.slice('whsec_'.length), 'secret', 32);
    recipients.push({ id: id(given.webhook), kind: 'webhook', url: given.webhook, secret: bytes });
  }
  return { minutesOfDay: settings.times.map(minuteOfDay).toSorted((a, b) => a - b), recipients };
}

async function mailServer(
  {
    host,
    port,
    tls,
    from,
    credentialsFile,
    authorityFile,
  }: NonNullable<z.output<typeof settingsSchema>['mail']>,
  read: (name: string, what: string) => Promise<string>,
): Promise<MailServer> {
  const what = 'The file of credentials';
  return {
    host,
    port,
    tls,
    from,
    isLoopback: LOOPBACK.includes(host),
    ...(credentialsFile !== undefined && {
      credentials: parse(credentialsSchema, await read(credentialsFile, what), what),
    }),
    ...(authorityFile !== undefined && { authority: await read(authorityFile, 'The file of the authority') }),
  };
}

function minuteOfDay(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

function parse<S extends z.ZodType>(schema: S, text: string, what: string): z.output<S> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse(`${what} is not JSON`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const at = result.error.issues[0]?.path.join('.') ?? '';
  return refuse(at === '' ? `${what} has another shape` : `${at} is not valid`);
}

function refuse(why: string): never {
  throw new StartupError(`SAFE_CONDUCT_NOTICES_FILE: ${why}.`, EXIT.configuration);
}
