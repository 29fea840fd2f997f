import { concatBytes, encodeUtf8, type Bytes } from '@app/encoding';
import { u16, u16le, u32, u32le } from './numbers.js';

const ORIENTATION = 0x0112;

/**
 * How the picture is to be turned, 1 to 8, from the first directory of a TIFF block; 1 when it does not say.
 * Undefined when the block cannot be read: nobody knows then what it said.
 */
export function orientationOf(tiff: Uint8Array): number | undefined {
  try {
    return readOrientation(tiff);
  } catch {
    return undefined;
  }
}

function readOrientation(tiff: Uint8Array): number | undefined {
  const order = u16(tiff, 0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const [short, long] = order === 0x4949 ? [u16le, u32le] : [u16, u32];
  if (short(tiff, 2) !== 42) return undefined;
  const directory = long(tiff, 4);
  const count = short(tiff, directory);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    if (short(tiff, entry) !== ORIENTATION) continue;
    const value = short(tiff, entry + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The smallest Exif block that says how the picture is to be turned, and nothing else. */
export function orientationExif(orientation: number): Bytes {
  const head = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1];
  const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  return concatBytes(encodeUtf8('Exif\0\0'), Uint8Array.from([...head, ...entry, 0, 0, 0, 0]));
}
