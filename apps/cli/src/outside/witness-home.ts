/** A witness on somebody's own machine: her key and the logs she pinned, in one folder. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Random } from '@app/crypto/seal';
import type { Signing } from '@app/crypto/sign';
import { encodeUtf8, fromHex, ParseError, toHex } from '@app/encoding';
import { writeImmutable } from '@app/platform';
import { ALGORITHM_COSIGNATURE, deriveKeyId, encodeVkey, parseVkey } from '@app/tlog';
import { CliError } from '../errors.js';

export type WitnessHome = {
  readonly folder: string;
  readonly keyFile: string;
  /** The pinned keys of the logs. */
  readonly logFile: string;
  readonly stateDir: string;
  /** Her verifier key, one line. */
  readonly vkey: string;
  /** The origins of the logs. */
  readonly origins: readonly string[];
  readonly isNew: boolean;
};

/**
 * Opens the folder, or makes it: the key is made once, and the logs' keys are pinned by the first run.
 *
 * @param logKeysText - what is given now as the logs' verifier keys, one a line.
 * @throws CliError `log_key_changed`: it is not what was pinned. `witness_name_changed`. A key that is not private.
 */
export async function openWitnessHome(
  folder: string,
  name: string,
  logKeysText: string,
  deps: { readonly signing: Signing; readonly random: Random },
): Promise<WitnessHome> {
  const at = (file: string): string => path.join(folder, file);
  const logKeys = keysIn(logKeysText);
  const isNew = !existsSync(at('witness.vkey'));
  mkdirSync(at('state'), { recursive: true, mode: 0o700 });
  if (isNew) {
    // The verifier key comes last: without it the folder is not yet a witness.
    if (!existsSync(at('witness.key')))
      await writeImmutable(at('witness.key'), encodeUtf8(`${toHex(deps.random.bytes(32))}\n`));
    await pin(at('log.vkey'), logKeys);
    const vkey = verifierKey(name, readFileSync(at('witness.key'), 'utf8'), deps.signing);
    await writeImmutable(at('witness.vkey'), encodeUtf8(`${vkey}\n`), { mode: 0o644 });
  }
  checkPinned(at('log.vkey'), logKeys);
  checkPrivate(at('witness.key'));
  const vkey = readFileSync(at('witness.vkey'), 'utf8').trim();
  if (parseVkey(vkey).name !== name) {
    throw new CliError(
      'witness_name_changed',
      `This folder holds the key of the witness ${parseVkey(vkey).name}; use that name, or another --data.`,
    );
  }
  if (verifierKey(name, readFileSync(at('witness.key'), 'utf8'), deps.signing) !== vkey)
    throw new CliError('witness_key_changed', `The key in ${folder} is not the one of its witness.vkey.`);
  return {
    folder,
    keyFile: at('witness.key'),
    logFile: at('log.vkey'),
    stateDir: at('state'),
    vkey,
    origins: [...new Set(logKeys.map((line) => parseVkey(line).name))],
    isNew,
  };
}

function keysIn(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length === 0) throw new ParseError('bad_format', 'log.vkey');
  for (const line of lines) parseVkey(line);
  return lines.sort();
}

async function pin(file: string, logKeys: readonly string[]): Promise<void> {
  if (!existsSync(file)) await writeImmutable(file, encodeUtf8(`${logKeys.join('\n')}\n`), { mode: 0o644 });
}

function checkPinned(file: string, logKeys: readonly string[]): void {
  if (readFileSync(file, 'utf8') === `${logKeys.join('\n')}\n`) return;
  throw new CliError(
    'log_key_changed',
    `The log's key is not the one this witness pinned in ${file}. Ask the organisation, by another way than the one the file came by, before you change anything.`,
  );
}

/** Others on the machine could sign as her. */
function checkPrivate(file: string): void {
  if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return;
  chmodSync(file, 0o600);
  process.stderr.write(`Others on this machine could read ${file}; that is mended now.\n`);
}

function verifierKey(name: string, keyText: string, signing: Signing): string {
  const publicKey = signing.publicKey(fromHex(keyText.trim(), 'witness.key', 32));
  const keyId = deriveKeyId(name, ALGORITHM_COSIGNATURE, publicKey);
  const vkey = encodeVkey({ name, keyId, algorithm: ALGORITHM_COSIGNATURE, publicKey });
  parseVkey(vkey);
  return vkey;
}
