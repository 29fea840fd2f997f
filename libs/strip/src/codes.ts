import { ParseError } from '@app/encoding';

/** What a file is, by its content. */
export type StripKind = 'jpeg' | 'png' | 'webp' | 'docx' | 'xlsx' | 'pptx' | 'mp4' | 'pdf';

/**
 * Why a file is not stripped at all (SPEC.md §1.2).
 *
 * - `not_recognised`: none of the formats of this library.
 * - `malformed`: it breaks the rules of its own format.
 * - `unsupported`: well-formed, with a part that cannot be cleaned or judged here.
 * - `encrypted`: it needs a password or a licence.
 * - `too_large`: more entries, depth or inflated bytes than the limits.
 */
export type StripErrorCode = 'not_recognised' | 'malformed' | 'unsupported' | 'encrypted' | 'too_large';

/** What was taken out (SPEC.md §1.3). */
export type Removed =
  | 'exif'
  | 'xmp'
  | 'iptc'
  | 'comment'
  | 'colour_profile'
  | 'thumbnail'
  | 'extra_images'
  | 'trailing_data'
  | 'vendor_data'
  | 'text'
  | 'time'
  | 'name'
  | 'language'
  | 'timed_metadata'
  | 'document_properties'
  | 'author'
  | 'revision'
  | 'identifier'
  | 'custom_data'
  | 'printer_settings'
  | 'signature'
  | 'container_data'
  | 'unused_data';

/** What says something about the file and stays because the file needs it (SPEC.md §1.3). */
export type Kept = 'orientation' | 'colour_space' | 'resolution' | 'animation' | 'brand';

/** What a person should know before she sends the file (SPEC.md §1.3). */
export type Warning =
  | 'orientation_lost'
  | 'macros'
  | 'comments'
  | 'tracked_changes'
  | 'external_links'
  | 'embedded_files'
  | 'media_not_cleaned'
  | 'subtitles'
  | 'annotations'
  | 'form_data'
  | 'javascript';

/** A file that is not stripped. Carries a code and what the file was taken for, never the input. */
export class StripError extends ParseError {
  declare readonly code: StripErrorCode;

  constructor(code: StripErrorCode, where: string) {
    super(code, where);
    this.name = 'StripError';
  }
}

/** What one file's cleaning has found so far. */
export class Findings {
  readonly removed = new Set<Removed>();
  readonly kept = new Set<Kept>();
  readonly warnings = new Set<Warning>();
  readonly where: string;

  constructor(where: string) {
    this.where = where;
  }

  /** Stops the cleaning of the whole file. */
  refuse(code: StripErrorCode = 'malformed'): never {
    throw new StripError(code, this.where);
  }

  /** @throws StripError `malformed` unless the condition holds. */
  need(condition: boolean): asserts condition {
    if (!condition) this.refuse();
  }
}
