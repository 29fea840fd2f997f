/** What tools that nobody here wrote still find in a cleaned file, and whether the picture is the same. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bytes } from '@app/encoding';
import { strip } from './index.js';
import { DIRTY } from '../test/everything.js';
import { CANARY } from '../test/pictures.js';

/** `npm test` finds the tools, or says that this suite is left out, or refuses to. */
const suite = process.env.SAFE_CONDUCT_METADATA_TOOLS === undefined ? describe.skip : describe;

/** What exiftool may still list, by group: how large and of what kind the picture is, and no more. */
const GENERAL = /^(ExifTool|File:(?!Comment)|Composite:(ImageSize|Megapixels|AvgBitrate|Rotation))/;
const ALLOWED: Readonly<Record<string, RegExp>> = {
  jpg: /^(JFIF:(JFIFVersion|ResolutionUnit|[XY]Resolution)|EXIF:Orientation|APP14:(DCTEncodeVersion|APP14Flags[01]|ColorTransform))$/,
  png: /^PNG:(ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|Gamma|AnimationFrames|AnimationPlays)$/,
  webp: /^RIFF:(VP8Version|WebP_Flags|Image(Width|Height)|(Horizontal|Vertical)Scale|BackgroundColor|AnimationLoopCount|FrameCount|Duration)$/,
  mp4: /^QuickTime:(MajorBrand|MinorVersion|CompatibleBrands|MediaData(Size|Offset)|MovieHeaderVersion|(Create|Modify|TrackCreate|TrackModify|MediaCreate|MediaModify)Date|TimeScale|Duration|Preferred(Rate|Volume)|Preview(Time|Duration)|PosterTime|Selection(Time|Duration)|CurrentTime|NextTrackID|TrackHeaderVersion|Track(ID|Duration|Layer|Volume)|MatrixStructure|Image(Width|Height)|MediaHeaderVersion|MediaTimeScale|MediaDuration|MediaLanguageCode|HandlerType|GraphicsMode|OpColor|CompressorID|SourceImage(Width|Height)|[XY]Resolution|BitDepth|PixelAspectRatio|BufferSize|MaxBitrate|AverageBitrate|VideoFrameRate|Balance|Audio(Format|Channels|BitsPerSample|SampleRate))$/,
  pdf: /^PDF:(PDFVersion|Linearized|PageCount)$/,
  docx: /^ZIP:Zip(RequiredVersion|BitFlag|Compression|ModifyDate|CRC|CompressedSize|UncompressedSize|FileName)$/,
};
const extension = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
const allowed = (name: string): RegExp => ALLOWED[extension(name).replace(/^(xlsx|pptx)$/, 'docx')] ?? /(?!)/;
/** The same of mat2, which lists the pictures in a document too. */
const OF_JPEG =
  'APP14Flags[01]: \\(none\\)|ColorTransform: YCbCr|DCTEncodeVersion: 100|ExifByteOrder: .*|Orientation: .*';
const MAT2_ALLOWED: Readonly<Record<string, RegExp>> = {
  jpg: new RegExp(`^(${OF_JPEG})$`),
  docx: new RegExp(`^(${OF_JPEG})$`),
  png: /^(Gamma: 2\.2|AnimationFrames: 3|AnimationPlays: \w+)$/,
  pdf: /^(creation-date: -1|mod-date: -1|format: PDF-1\.\d)$/,
  // Of a film it lists the structure, which exiftool's list above holds to account.
  mp4: /^[A-Z]\w+: /,
};

const run = (tool: string, ...args: readonly string[]): Buffer =>
  execFileSync(tool, args, { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 * 1024 });

function tagsOf(file: string): Record<string, unknown> {
  const text = run('exiftool', '-j', '-G0', '-a', '-ee', '-struct', file).toString('utf8');
  return (JSON.parse(text) as [Record<string, unknown>])[0];
}

/** Every frame and every sample, decoded; without the lines on the shape of pixels, which PNG's pHYs may say. */
const decoded = (file: string, ...map: readonly string[]): string =>
  run('ffmpeg', '-v', 'error', '-noautorotate', '-i', file, ...map, '-f', 'framemd5', '-')
    .toString('utf8')
    .replace(/^#.*\n/gm, '');

suite('by tools of others', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'safe-conduct-strip-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const written = (name: string, bytes: Bytes): string => {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
  };

  it.each(
    DIRTY.filter(([name]) => !name.includes('animation')).map(([name, bytes]) => [name, bytes] as const),
  )('exiftool sees what is planted in %s', (name, bytes) => {
    expect(JSON.stringify(tagsOf(written(`dirty-${name}`, bytes)))).toContain(CANARY);
  });

  it.each(DIRTY.map(([name, bytes]) => [name, bytes] as const))(
    'exiftool finds in %s what is listed here and no more',
    (name, bytes) => {
      const tags = tagsOf(written(name, strip(bytes).bytes));
      expect(JSON.stringify(tags)).not.toContain(CANARY);
      const other = Object.keys(tags).filter(
        (tag) => tag !== 'SourceFile' && !GENERAL.test(tag) && !allowed(name).test(tag),
      );
      expect(other).toEqual([]);
      for (const [tag, value] of Object.entries(tags))
        if (/(Create|Modify)Date$/.test(tag) && tag.startsWith('QuickTime'))
          expect(value).toBe('0000:00:00 00:00:00');
    },
  );

  it.each(DIRTY.map(([name, bytes]) => [name, bytes] as const))(
    'mat2 finds nothing more in %s',
    (name, bytes) => {
      const lines = run('mat2', '--show', written(name, strip(bytes).bytes))
        .toString('utf8')
        .split('\n');
      const found = lines.filter((line) => /^\s+\S+: /.test(line)).map((line) => line.trim());
      expect(lines.join('\n')).not.toContain(CANARY);
      const pattern = MAT2_ALLOWED[extension(name)];
      expect(found.filter((line) => pattern?.test(line) !== true)).toEqual([]);
    },
  );

  it.each(
    DIRTY.filter(([name]) => /\.(jpg|png|mp4|webp)$/.test(name) && name !== 'animation.webp').map(
      ([name, bytes]) => [name, bytes] as const,
    ),
  )('ffmpeg decodes %s to the same', (name, bytes) => {
    const map = name.endsWith('mp4') ? ['-map', '0:v', '-map', '0:a'] : [];
    const before = decoded(written(`dirty-${name}`, bytes), ...map);
    expect(before).toMatch(/^0,/m);
    expect(decoded(written(name, strip(bytes).bytes), ...map)).toBe(before);
  });

  it.each([['updated.pdf'], ['packed.pdf']])('pdftotext reads %s as before', (name) => {
    const bytes = DIRTY.find(([other]) => other === name)?.[1] as Bytes;
    const before = run('pdftotext', written(`dirty-${name}`, bytes), '-').toString('utf8');
    expect(before).toContain('The text stays.');
    expect(run('pdftotext', written(name, strip(bytes).bytes), '-').toString('utf8')).toBe(before);
  });
});
