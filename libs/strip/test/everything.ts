/** One dirty file of every kind, for tests that treat all alike. */
import type { Bytes } from '@app/encoding';
import { dirtyPdf, packedPdf } from './documents.js';
import { dirtyMp4 } from './films.js';
import { dirtyDocx, dirtyPptx, dirtyXlsx } from './office.js';
import { dirtyApng, dirtyJpeg, dirtyPng, dirtyWebp, dirtyWebpAnimation } from './pictures.js';

export const DIRTY: readonly (readonly [name: string, bytes: Bytes])[] = [
  ['upright.jpg', dirtyJpeg(1)],
  ['turned.jpg', dirtyJpeg(6)],
  ['picture.png', dirtyPng()],
  ['animation.png', dirtyApng()],
  ['picture.webp', dirtyWebp()],
  ['animation.webp', dirtyWebpAnimation()],
  ['text.docx', dirtyDocx()],
  ['table.xlsx', dirtyXlsx()],
  ['slides.pptx', dirtyPptx()],
  ['film.mp4', dirtyMp4()],
  ['updated.pdf', dirtyPdf()],
  ['packed.pdf', packedPdf(true)],
];
