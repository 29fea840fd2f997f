import { parsePolicy } from '@app/casework';
import { type StaffFile, staffFileSchema } from '@app/contracts';
import { sha256 } from '@app/crypto/verify';
import {
  decodeUtf8,
  fromBase64,
  fromHex,
  type Json,
  ParseError,
  parseCanonicalJson,
  toHex,
} from '@app/encoding';
import { ensureKeysetLeaf, type LedgerServices, type LedgerTrust } from '@app/ledger';
import type { Tx } from '@app/persistence';
import { errorCode, FileError, type Log, readFileStrict } from '@app/platform';
import path from 'node:path';
import { raiseAlarmNow } from '../alarms.js';

const FILE_MAX_BYTES = 16 * 1024 * 1024;
const DAY_SECONDS = 86_400;
const KEYSET_FILE = 'keyset.bin';
const POLICY_FILE = 'policy.json';
const STAFF_FILE = 'staff.json';

type Files = {
  readonly keyset?: Uint8Array | undefined;
  readonly policy?: Uint8Array | undefined;
  readonly staff?: Uint8Array | undefined;
};

/**
 * Brings the signed directory into the database: KEYSET, POLICY, vaults and epoch boxes from a folder. A KEYSET that
 * does not hold, is older than the last one, or is another of the same version is refused and raises an alarm; the
 * one before stays in force.
 */
export class DirectoryService {
  readonly #services: LedgerServices;
  readonly #folder: string;
  readonly #log: Log;
  #imported = '';
  #leafOf = '';
  #known: (LedgerTrust & { readonly tickSeconds: number }) | undefined;

  constructor(services: LedgerServices, folder: string, log: Log) {
    this.#services = services;
    this.#folder = folder;
    this.#log = log;
  }

  /**
   * What the ledger runs by. Kept from the last KEYSET that held: the ledger goes on when a KEYSET runs out.
   * @throws {DirectoryEmpty} before the first import; {VerificationError} if no KEYSET has held since the start.
   */
  async inForce(): Promise<LedgerTrust & { readonly tickSeconds: number }> {
    return this.#known ?? (await this.#learn());
  }

  /**
   * Imports what changed since the last time, and sees to the KEYSET's entry of the day.
   * @returns whether everything in the folder is in force.
   */
  async refresh(): Promise<boolean> {
    const files = await this.#read();
    const isFine = await this.#importIfChanged(files);
    const { work, directory, clock } = this.#services;
    const { tickSeconds } = await this.#learn();
    const now = clock.now();
    const keyset = await directory.currentKeyset();
    const leaf = `${toHex(keyset.hash)}/${String(Math.floor(now / DAY_SECONDS))}`;
    if (leaf !== this.#leafOf) {
      await work.run((tx) => ensureKeysetLeaf(tx, keyset, now, { tickSeconds }));
      this.#leafOf = leaf;
    }
    return isFine;
  }

  async #importIfChanged(files: Files): Promise<boolean> {
    const parts = [files.keyset, files.policy, files.staff];
    const fingerprint = parts.map((part) => (part === undefined ? '-' : toHex(sha256(part)))).join('/');
    if (fingerprint === this.#imported) return true;
    try {
      const staff = files.staff === undefined ? undefined : parseStaffFile(files.staff);
      await this.#services.work.run((tx) => this.#import(tx, files, staff));
    } catch (error) {
      await this.#refused(files, error);
      return false;
    }
    this.#imported = fingerprint;
    this.#log.info('directory.imported');
    return true;
  }

  async #import(tx: Tx, { keyset, policy }: Files, staff: StaffFile | undefined): Promise<void> {
    const { directory } = this.#services;
    if (policy !== undefined) {
      const body = decodeUtf8(policy, 'policy').trimEnd();
      const tickSeconds = parsePolicy(parseCanonicalJson(body, 'policy')).tick_seconds;
      await directory.acceptPolicy(tx, body, { tickSeconds });
      if (keyset !== undefined) await directory.acceptKeyset(tx, keyset, { tickSeconds });
    }
    for (const vault of staff?.vaults ?? []) await insertVault(tx, vault);
    for (const box of staff?.epochBoxes ?? []) await insertEpochBox(tx, box);
  }

  async #refused({ keyset }: Files, error: unknown): Promise<void> {
    const name = error instanceof Error ? error.name : '';
    const isRefusal = name === 'VerificationError';
    // A lost connection is no statement about the folder: the next refresh tries again.
    if (!isRefusal && !(error instanceof ParseError)) throw error;
    const fingerprint = keyset === undefined ? 'none' : toHex(sha256(keyset)).slice(0, 16);
    const now = this.#services.clock.now();
    const context = { work: this.#services.work, log: this.#log, now };
    const code = isRefusal ? 'keyset_refused' : 'directory_malformed';
    await raiseAlarmNow(context, code, `${errorCode(error).replace(/^\w+:/, '')}:${fingerprint}`);
  }

  async #learn(): Promise<LedgerTrust & { readonly tickSeconds: number }> {
    const { directory } = this.#services;
    try {
      const { logVkey, tlogPolicy } = await directory.currentKeyset();
      const { policy } = await directory.currentPolicy();
      this.#known = { logVkey, tlogPolicy, tickSeconds: policy.tick_seconds };
    } catch (error) {
      if (this.#known === undefined) throw error;
      this.#log.warn('directory.stale', { code: errorCode(error) });
    }
    return this.#known;
  }

  async #read(): Promise<Files> {
    const [keyset, policy, staff] = await Promise.all(
      [KEYSET_FILE, POLICY_FILE, STAFF_FILE].map((name) => readIfThere(path.join(this.#folder, name))),
    );
    return { keyset, policy, staff };
  }
}

function parseStaffFile(bytes: Uint8Array): StaffFile {
  let json: Json;
  try {
    json = JSON.parse(decodeUtf8(bytes, 'staff')) as Json;
  } catch {
    throw new ParseError('not_json', 'staff');
  }
  const parsed = staffFileSchema.safeParse(json);
  if (!parsed.success) throw new ParseError('not_staff', 'staff');
  return parsed.data;
}

async function insertVault(tx: Tx, vault: StaffFile['vaults'][number]): Promise<void> {
  await tx.query(
    `insert into staff_vaults (subject_id, auth_hash, certificate_hash, keyring) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [
      Buffer.from(fromHex(vault.subject, 'staff.subject', 16)),
      Buffer.from(fromHex(vault.authHash, 'staff.auth_hash', 32)),
      Buffer.from(fromHex(vault.certificateHash, 'staff.certificate_hash', 32)),
      Buffer.from(fromBase64(vault.keyring, 'staff.keyring')),
    ],
  );
}

async function insertEpochBox(tx: Tx, box: StaffFile['epochBoxes'][number]): Promise<void> {
  await tx.query(
    `insert into epoch_boxes (role_id, epoch, certificate_hash, box) values ($1, $2, $3, $4) on conflict do nothing`,
    [
      Buffer.from(fromHex(box.role, 'staff.role', 16)),
      box.epoch,
      Buffer.from(fromHex(box.certificateHash, 'staff.certificate_hash', 32)),
      Buffer.from(fromBase64(box.box, 'staff.box')),
    ],
  );
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFileStrict(file, FILE_MAX_BYTES);
  } catch (error) {
    if (error instanceof FileError && error.code === 'file_missing') return undefined;
    throw error;
  }
}
