/** Steps of people who hold a secret: a root officer, a service, a staff member, a holder who makes her role's epoch. */
import {
  CeremonyError,
  handOnEpochs,
  type Holder,
  holderOf,
  holdersOf,
  makeRoleEpoch,
  makeRootKey,
  makeStaffMember,
  newestEpoch,
  openRootSeed,
  openStaffVault,
  type Plan,
  type RootSigner,
  type Seat,
  seatNamed,
  vkeyOf,
} from '@app/client';
import type { WordLanguage } from '@app/crypto/seal';
import { makeSigner } from '@app/crypto/sign';
import {
  type Certificate,
  inGroups,
  isCapable,
  parseCertificate,
  parseRootset,
  sha256,
} from '@app/crypto/verify';
import { bytesEqual, toHex } from '@app/encoding';
import { ALGORITHM_COSIGNATURE, ALGORITHM_ED25519 } from '@app/tlog';
import { InvalidArgumentError } from 'commander';
import { encodeEpoch, encodePublicKey, encodeVault, type KeyKind, parseVault } from './carried-files.js';
import { readBytes, refuseExisting, writeSecret } from './folder.js';
import { type Ceremony, type Outcome, outcome } from './outcome.js';
import { type Previous, readCertificates, readPlan, readPrevious, vaultOf } from './state.js';
import { checkWordsHaveAWay, handOverWords, readWords } from './words.js';

export type WordsOptions = { readonly words?: string; readonly language: WordLanguage };

/** A root officer makes her key: the file sealed under her words stays with her, the public line goes into the folder. */
export async function rootKey(
  { deps, folder }: Ceremony,
  name: string,
  options: WordsOptions & { readonly secret: string },
): Promise<Outcome> {
  checkWordsHaveAWay(options.words);
  folder.refuseSecrets(options.secret, options.words);
  refuseExisting(options.secret, options.words, folder.at(`${name}.public`));
  const made = await makeRootKey(deps, options.language);
  await handOverWords(made.words, `root officer ${name}`, options.words);
  await writeSecret(options.secret, made.file);
  await folder.write(`${name}.public`, encodePublicKey('root', toHex(made.publicKey)));
  const fingerprint = inGroups(sha256(made.publicKey));
  return outcome({ name, fingerprint }, [
    `The key of root officer ${name} is made.`,
    `fingerprint  ${fingerprint}`,
  ]);
}

/** A server's key: the seed in the form the servers read, and its public line. */
export async function serviceKey(
  { deps, folder }: Ceremony,
  kind: Exclude<KeyKind, 'root'>,
  name: string,
  options: { readonly secret: string; readonly keyName?: string },
): Promise<Outcome> {
  const isNamed = kind !== 'promise';
  if (isNamed !== (options.keyName !== undefined))
    throw new InvalidArgumentError('A log or witness key needs --key-name; a promise key has none.');
  folder.refuseSecrets(options.secret);
  refuseExisting(options.secret, folder.at(`${name}.public`));
  const seed = deps.random.bytes(32);
  const publicKey = deps.signing.publicKey(seed);
  const algorithm = kind === 'log' ? ALGORITHM_ED25519 : ALGORITHM_COSIGNATURE;
  const { keyName } = options;
  const text = keyName === undefined ? toHex(publicKey) : vkeyOf(keyName, algorithm, publicKey);
  await writeSecret(options.secret, `${toHex(seed)}\n`);
  await folder.write(`${name}.public`, encodePublicKey(kind, text));
  const fingerprint = inGroups(sha256(publicKey));
  return outcome({ name, kind, publicKey: text, fingerprint }, [
    `The ${kind} key ${name} is made.`,
    `public       ${text}`,
    `fingerprint  ${fingerprint}`,
  ]);
}

/** A staff member makes her keys: nobody else ever has them. */
export async function staffKey(
  { deps, folder }: Ceremony,
  name: string,
  options: WordsOptions,
): Promise<Outcome> {
  checkWordsHaveAWay(options.words);
  const seat = seatNamed(await readPlan(folder), name);
  if (seat.revokedAt !== undefined) throw new CeremonyError('seat_not_in_force', name);
  folder.refuseSecrets(options.words);
  refuseExisting(options.words, folder.at(`${name}.request`), folder.at(`${name}.vault`));
  const made = await makeStaffMember(deps, seat, options.language);
  await handOverWords(made.words, `seat ${name}`, options.words);
  await folder.write(`${name}.vault`, encodeVault(made.vault));
  await folder.write(`${name}.request`, made.request);
  const fingerprint = inGroups(parseCertificate(made.request).hash);
  return outcome({ seat: name, subject: made.vault.subject, fingerprint }, [
    `The keys of ${name} are made; her identifier for unlocking is ${made.vault.subject}.`,
    `fingerprint of the request  ${fingerprint}`,
  ]);
}

/** A holder makes the next epoch of her role, with a box for everybody who holds the role. */
export async function epoch(
  ceremony: Ceremony,
  name: string,
  options: { readonly words?: string },
): Promise<Outcome> {
  const { deps, folder } = ceremony;
  const plan = await readPlan(folder);
  const seat = seatNamed(plan, name);
  const previous = await readPrevious(deps, folder);
  const certificates = await readCertificates(deps, folder, plan, previous);
  const now = deps.now();
  refuseExisting(folder.at(`${name}.epoch`));
  checkAllSeated(plan, seat, certificates, now);
  const holder = await openHolder(ceremony, { plan, previous, certificates }, name, options.words);
  if (!isCapable(holder.certificate, 'epoch')) throw new CeremonyError('seat_may_not', name);
  const holders = holdersOf(certificates, seat.roleId, now);
  const last = previous && newestEpoch(previous.keyset, seat.roleId);
  const made = await makeRoleEpoch(deps, holder, holders, now, last);
  const earlier = previous
    ? await handOnEpochs(
        deps.sealing,
        holder,
        previous.keyset.epochs,
        holders,
        previous.content.staff.epochBoxes,
      )
    : [];
  await folder.write(`${name}.epoch`, encodeEpoch(made.epoch, [...made.boxes, ...earlier]));
  const fingerprint = inGroups(made.epoch.hash);
  const role = plan.roles.find(({ id }) => bytesEqual(id, seat.roleId))?.name;
  return outcome(
    { seat: name, epoch: made.epoch.epoch, holders: holders.length, earlier: earlier.length, fingerprint },
    [
      `Epoch ${String(made.epoch.epoch)} of the role ${String(role)} is made, for ${String(holders.length)} holders.`,
      ...(earlier.length === 0
        ? []
        : [`Earlier epochs were handed on to newcomers in ${String(earlier.length)} boxes.`]),
      `fingerprint  ${fingerprint}`,
    ],
  );
}

/** Nobody who is to hold the role is left out of its epoch. */
function checkAllSeated(
  plan: Plan,
  { roleId }: Seat,
  certificates: readonly Certificate[],
  now: number,
): void {
  const missing = plan.seats.find(
    (seat) =>
      bytesEqual(seat.roleId, roleId) &&
      seat.revokedAt === undefined &&
      seat.notAfter > now &&
      !certificates.some((c) => bytesEqual(c.subjectId, seat.subjectId)),
  );
  if (missing !== undefined) throw new CeremonyError('certificate_missing', missing.name);
}

export type Known = {
  readonly plan: Plan;
  readonly previous: Previous | undefined;
  readonly certificates: readonly Certificate[];
};

/** A staff member with her words, to sign as a holder. @throws {CeremonyError} `words_wrong`, `seat_not_in_force`. */
export async function openHolder(
  { deps, folder }: Ceremony,
  { plan, previous, certificates }: Known,
  name: string,
  wordsFile: string | undefined,
): Promise<Holder> {
  const seat = seatNamed(plan, name);
  const now = deps.now();
  const certificate = certificates.find((c) => bytesEqual(c.subjectId, seat.subjectId));
  if (certificate === undefined) throw new CeremonyError('certificate_missing', name);
  if (seat.revokedAt !== undefined || now < seat.notBefore || now > seat.notAfter)
    throw new CeremonyError('seat_not_in_force', name);
  const file = `${name}.vault`;
  const vault = vaultOf(previous?.content, seat.subjectId) ?? parseVault(await folder.text(file), file);
  const keyring = await openStaffVault(deps.sealing, vault, await readWords(`seat ${name}`, wordsFile), file);
  if (!bytesEqual(keyring.certificateHash, certificate.hash)) throw new CeremonyError('signer_unknown', file);
  return holderOf(deps, { certificate: () => certificate }, keyring);
}

/** A root officer with her file and her words. @throws {CeremonyError} `words_wrong`, `signer_unknown`. */
export async function openRoot(
  { deps }: Ceremony,
  plan: Plan,
  file: string,
  wordsFile: string | undefined,
): Promise<RootSigner> {
  const sealed = await readBytes(file);
  const seed = await openRootSeed(
    deps.sealing,
    sealed,
    await readWords('the root officer', wordsFile),
    'the root key',
  );
  const signer = makeSigner(deps.signing, seed);
  const rootIndex = parseRootset(plan.rootset).publicKeys.findIndex((key) =>
    bytesEqual(key, signer.publicKey),
  );
  if (rootIndex < 0) throw new CeremonyError('signer_unknown', 'The root key');
  return { rootIndex, signer };
}
