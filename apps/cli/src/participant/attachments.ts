/** Files that go along: cleaned of what they say about who made them, or as they are when that is asked for. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ArchiveFile } from '@app/crypto/seal';
import { type Kept, type Removed, strip, StripError, type StripErrorCode, type Warning } from '@app/strip';
import { CliError } from '../errors.js';
import { listed, say } from '../terminal.js';

export type AttachOptions = {
  readonly attach?: readonly string[];
  readonly uncleaned?: readonly string[];
};

/** What was done to one file; `kind` is null for one that goes as it is. */
export type Cleaning = {
  readonly name: string;
  readonly kind: string | null;
  readonly removed: readonly Removed[];
  readonly kept: readonly Kept[];
  readonly warnings: readonly Warning[];
};

export type Attachments = {
  readonly files: readonly ArchiveFile[];
  readonly cleanings: readonly Cleaning[];
};

/**
 * Reads and cleans, and says per file what was taken out and what could not be.
 * @throws {CliError} `attachment_not_cleaned`, and those of `readFiles`.
 */
export async function readAttachments(options: AttachOptions): Promise<Attachments> {
  const attach = options.attach ?? [];
  const all = await readFiles([...attach, ...(options.uncleaned ?? [])]);
  const asTheyAre = all.slice(attach.length);
  const results = all.slice(0, attach.length).map(cleaned);
  const failed = results.filter((result) => 'code' in result);
  for (const { name, code } of failed) say(`  ${name}: ${FAILURES[code]} (${code})`);
  if (failed.length > 0) throw notCleaned(failed.length);
  const clean = results.filter((result) => 'cleaning' in result);
  const untouched = asTheyAre.map(({ name }) => ({ name, kind: null, removed: [], kept: [], warnings: [] }));
  const cleanings = [...clean.map(({ cleaning }) => cleaning), ...untouched];
  for (const cleaning of cleanings) say(`  ${cleaning.name}: ${told(cleaning)}`);
  if (all.length > 0) say('Names of files, and what is seen, heard and written in them, stay as they are.');
  return { files: [...clean.map(({ file }) => file), ...asTheyAre], cleanings };
}

/** Files as they are, under their own names. @throws {CliError} `attachment_name`, `attachment_repeated`. */
export async function readFiles(paths: readonly string[]): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for (const file of paths) {
    const name = path.basename(file).normalize('NFC');
    if (!(await stat(file)).isFile()) throw new CliError('not_a_file', `${file} is not a file.`);
    if (/[\\\p{Cc}]/u.test(name))
      throw new CliError(
        'attachment_name',
        `The name of ${JSON.stringify(file)} cannot be used; rename a copy of it.`,
      );
    if (files.some((other) => other.name === name))
      throw new CliError('attachment_repeated', `Two files are called ${name}; rename a copy of one.`);
    files.push({ name, data: new Uint8Array(await readFile(file)) });
  }
  return files;
}

type Result =
  | { readonly file: ArchiveFile; readonly cleaning: Cleaning }
  | { readonly name: string; readonly code: StripErrorCode };

function cleaned({ name, data }: ArchiveFile): Result {
  try {
    const { bytes, kind, removed, kept, warnings } = strip(new Uint8Array(data));
    return { file: { name, data: bytes }, cleaning: { name, kind, removed, kept, warnings } };
  } catch (error) {
    if (error instanceof StripError) return { name, code: error.code };
    throw error;
  }
}

function notCleaned(count: number): CliError {
  const files = count === 1 ? 'One file' : `${String(count)} files`;
  return new CliError(
    'attachment_not_cleaned',
    `${files} could not be cleaned, named above. Nothing was sealed or sent. Leave them out, or give them after ` +
      '--uncleaned, to everybody who may read this, or when sealing after --originals, to those alone who may know ' +
      'who you are.',
  );
}

function told({ kind, removed, kept, warnings }: Cleaning): string {
  if (kind === null) return 'goes as it is, with whatever it says about who made it';
  const parts = [
    removed.length === 0 ? 'nothing to take out' : `taken out: ${listed(removed.map((c) => REMOVED[c]))}`,
    ...(kept.length === 0 ? [] : [`kept: ${listed(kept.map((c) => KEPT[c]))}`]),
    ...(warnings.length === 0 ? [] : [`mind: ${listed(warnings.map((c) => WARNINGS[c]))}`]),
  ];
  return parts.join('; ');
}

const FAILURES: Readonly<Record<StripErrorCode, string>> = {
  not_recognised: 'is of no kind that can be cleaned',
  malformed: 'is damaged, or not what it begins as',
  unsupported: 'has a part that cannot be cleaned',
  encrypted: 'has a password',
  too_large: 'is larger inside than can be cleaned',
};

const REMOVED: Readonly<Record<Removed, string>> = {
  exif: 'camera, time and place (Exif)',
  xmp: 'editing data (XMP)',
  iptc: 'captions and credits (IPTC)',
  comment: 'comments',
  colour_profile: 'colour profile',
  thumbnail: 'thumbnail',
  extra_images: 'further pictures',
  trailing_data: 'data behind the end',
  vendor_data: "makers' data",
  text: 'text fields',
  time: 'times',
  name: 'names and paths',
  language: 'language',
  timed_metadata: 'tracks of places or motion',
  document_properties: 'document properties',
  author: 'authors',
  revision: 'traces of earlier versions',
  identifier: 'identifiers',
  custom_data: 'custom data',
  printer_settings: 'printer settings',
  signature: 'digital signatures',
  container_data: 'archive data',
  unused_data: 'unused data',
};

const KEPT: Readonly<Record<Kept, string>> = {
  orientation: 'which way is up',
  colour_space: 'colours',
  resolution: 'resolution',
  animation: 'animation',
  brand: 'kind of film',
};

const WARNINGS: Readonly<Record<Warning, string>> = {
  orientation_lost: 'the picture may now lie on its side',
  macros: 'it has macros, which may name their author',
  comments: 'the text of comments stays',
  tracked_changes: 'tracked changes stay, with what they delete',
  external_links: 'it links to other files',
  embedded_files: 'it has files inside',
  media_not_cleaned: 'it has pictures inside that could not be cleaned',
  subtitles: 'subtitles stay',
  annotations: 'the text of annotations stays',
  form_data: 'it has a form, with what was filled in',
  javascript: 'it has scripts',
};
