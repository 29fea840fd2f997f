/** Word, Excel and PowerPoint files with something planted in every place that can say who wrote them. */
import { encodeUtf8, type Bytes } from '@app/encoding';
import { type Zippable, zipSync } from 'fflate';
import { CANARY, dirtyJpeg } from './pictures.js';

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const NAMESPACES =
  `xmlns:w="${WORD}" xmlns:r="${RELATIONS}" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" ` +
  'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"';

export type Parts = Record<string, string | Bytes>;

/** An archive as other programs write it: with times, comments and extra fields. */
export function zip(parts: Parts): Bytes {
  const files: Zippable = {};
  for (const [name, content] of Object.entries(parts)) {
    const data = typeof content === 'string' ? encodeUtf8(content) : content;
    files[name] = [
      data,
      { mtime: '2025-03-04T05:06:08', comment: CANARY, extra: { 0x7f3a: encodeUtf8(CANARY) } },
    ];
  }
  return new Uint8Array(zipSync(files, { comment: CANARY }));
}

export function types(...overrides: readonly [part: string, type: string][]): string {
  const list = overrides
    .map(([part, type]) => `<Override PartName="/${part}" ContentType="${type}"/>`)
    .join('');
  return (
    `${HEAD}<Types xmlns="${PACKAGE}/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="jpeg" ContentType="image/jpeg"/>' +
    '<Default Extension="emf" ContentType="image/x-emf"/>' +
    `<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings"/>${list}</Types>`
  );
}

export function rels(
  ...list: readonly [id: string, type: string, target: string, external?: true][]
): string {
  const items = list.map(([id, type, target, external]) => {
    const full = type.startsWith('http') ? type : `${RELATIONS}/${type}`;
    const mode = external === true ? ' TargetMode="External"' : '';
    return `<Relationship Id="${id}" Type="${full}" Target="${target}"${mode}/>`;
  });
  return `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${items.join('')}</Relationships>`;
}

const office = (kind: string): string => `application/vnd.openxmlformats-officedocument.${kind}+xml`;

function properties(main: string): Parts {
  return {
    '_rels/.rels': rels(
      ['rId1', 'officeDocument', main],
      ['rId2', `${PACKAGE}/relationships/metadata/core-properties`, 'docProps/core.xml'],
      ['rId3', 'extended-properties', 'docProps/app.xml'],
      ['rId4', `${PACKAGE}/relationships/metadata/thumbnail`, 'docProps/thumbnail.jpeg'],
    ),
    'docProps/core.xml': `${HEAD}<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>${CANARY}</dc:creator></cp:coreProperties>`,
    'docProps/app.xml': `${HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Company>${CANARY}</Company></Properties>`,
    'docProps/thumbnail.jpeg': dirtyJpeg(1),
    'customXml/item1.xml': `<x>${CANARY}</x>`,
    'left-over.tmp': CANARY,
  };
}

const PROPERTY_TYPES: readonly [string, string][] = [
  ['docProps/core.xml', 'application/vnd.openxmlformats-package.core-properties+xml'],
  ['docProps/app.xml', office('extended-properties')],
];

export function dirtyDocx(more: Parts = {}): Bytes {
  return zip({
    '[Content_Types].xml': types(
      ['word/document.xml', office('wordprocessingml.document.main')],
      ['word/comments.xml', office('wordprocessingml.comments')],
      ['word/settings.xml', office('wordprocessingml.settings')],
      ['word/people.xml', office('wordprocessingml.people')],
      ...PROPERTY_TYPES,
    ),
    ...properties('word/document.xml'),
    'word/_rels/document.xml.rels': rels(
      ['rId1', 'comments', 'comments.xml'],
      ['rId2', 'settings', 'settings.xml'],
      ['rId3', 'http://schemas.microsoft.com/office/2011/relationships/people', 'people.xml'],
      ['rId4', 'customXml', '../customXml/item1.xml'],
      ['rId5', 'image', 'media/image1.jpeg'],
      ['rId6', 'hyperlink', 'https://example.org/', true],
    ),
    'word/document.xml': `${HEAD}<!-- ${CANARY} --><w:document ${NAMESPACES}><w:body><w:p w:rsidR="00AB12CD" w14:paraId="1A2B3C4D" w14:textId="77777777"><w:r><w:t>The text stays.</w:t></w:r><w:commentReference w:id="0"/><w:ins w:id="1" w:author="${CANARY}" w:date="2025-01-01T00:00:00Z"><w:r><w:t>Added.</w:t></w:r></w:ins><a:blip r:embed="rId5"/></w:p></w:body></w:document>`,
    'word/comments.xml': `${HEAD}<w:comments ${NAMESPACES}><w:comment w:id="0" w:author="${CANARY}" w:date="2025-01-01T00:00:00Z" w:initials="${CANARY}"><w:p><w:r><w:t>A remark.</w:t></w:r></w:p></w:comment></w:comments>`,
    'word/settings.xml': `${HEAD}<w:settings ${NAMESPACES}><w:attachedTemplate r:id="rId1"/><w:rsids><w:rsidRoot w:val="00AB12CD"/></w:rsids><w:docVars><w:docVar w:name="n" w:val="${CANARY}"/></w:docVars><w14:docId w14:val="12345678"/></w:settings>`,
    'word/_rels/settings.xml.rels': rels([
      'rId1',
      'attachedTemplate',
      `file:///C:/Users/${CANARY}/a.dotx`,
      true,
    ]),
    'word/people.xml': `${HEAD}<w:people ${NAMESPACES}><w:person w:author="${CANARY}"/></w:people>`,
    'word/media/image1.jpeg': dirtyJpeg(6),
    ...more,
  });
}

const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

export function dirtyXlsx(): Bytes {
  return zip({
    '[Content_Types].xml': types(
      ['xl/workbook.xml', office('spreadsheetml.sheet.main')],
      ['xl/worksheets/sheet1.xml', office('spreadsheetml.worksheet')],
      ['xl/comments1.xml', office('spreadsheetml.comments')],
      ['xl/persons/person.xml', 'application/vnd.ms-excel.person+xml'],
      ...PROPERTY_TYPES,
    ),
    ...properties('xl/workbook.xml'),
    'xl/_rels/workbook.xml.rels': rels(
      ['rId1', 'worksheet', 'worksheets/sheet1.xml'],
      ['rId2', 'http://schemas.microsoft.com/office/2017/10/relationships/person', 'persons/person.xml'],
    ),
    'xl/workbook.xml': `${HEAD}<workbook xmlns="${SHEET}" xmlns:r="${RELATIONS}" xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"><fileVersion appName="xl" rupBuild="1"/><fileSharing userName="${CANARY}"/><x15ac:absPath url="C:\\Users\\${CANARY}\\"/><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/worksheets/sheet1.xml': `${HEAD}<worksheet xmlns="${SHEET}" xmlns:r="${RELATIONS}" xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" xr:uid="{00000000-0001-0000-0000-00000000F00D}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Stays</t></is></c></row></sheetData><pageSetup paperSize="9" r:id="rId1"/></worksheet>`,
    'xl/worksheets/_rels/sheet1.xml.rels': rels(
      ['rId1', 'printerSettings', '../printerSettings/printerSettings1.bin'],
      ['rId2', 'comments', '../comments1.xml'],
    ),
    'xl/printerSettings/printerSettings1.bin': CANARY,
    'xl/comments1.xml': `${HEAD}<comments xmlns="${SHEET}"><authors><author>${CANARY}</author></authors><commentList><comment ref="A1" authorId="0"><text><t>A remark.</t></text></comment></commentList></comments>`,
    'xl/persons/person.xml': `${HEAD}<personList><person displayName="${CANARY}"/></personList>`,
  });
}

const SLIDES = 'http://schemas.openxmlformats.org/presentationml/2006/main';

export function dirtyPptx(): Bytes {
  return zip({
    '[Content_Types].xml': types(
      ['ppt/presentation.xml', office('presentationml.presentation.main')],
      ['ppt/slides/slide1.xml', office('presentationml.slide')],
      ['ppt/commentAuthors.xml', office('presentationml.commentAuthors')],
      ['ppt/comments/comment1.xml', office('presentationml.comments')],
      ['ppt/tags/tag1.xml', office('presentationml.tags')],
      ...PROPERTY_TYPES,
    ),
    ...properties('ppt/presentation.xml'),
    'ppt/_rels/presentation.xml.rels': rels(
      ['rId1', 'slide', 'slides/slide1.xml'],
      ['rId2', 'commentAuthors', 'commentAuthors.xml'],
      ['rId3', 'tags', 'tags/tag1.xml'],
    ),
    'ppt/presentation.xml': `${HEAD}<p:presentation xmlns:p="${SLIDES}" xmlns:r="${RELATIONS}"><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst><p:custDataLst><p:tags r:id="rId3"/></p:custDataLst></p:presentation>`,
    'ppt/slides/slide1.xml': `${HEAD}<p:sld xmlns:p="${SLIDES}"><p:cSld name="Stays"/></p:sld>`,
    'ppt/slides/_rels/slide1.xml.rels': rels(['rId1', 'comments', '../comments/comment1.xml']),
    'ppt/commentAuthors.xml': `${HEAD}<p:cmAuthorLst xmlns:p="${SLIDES}"><p:cmAuthor id="0" name="${CANARY}" initials="${CANARY}" lastIdx="1" clrIdx="0"/></p:cmAuthorLst>`,
    'ppt/comments/comment1.xml': `${HEAD}<p:cmLst xmlns:p="${SLIDES}"><p:cm authorId="0" dt="2025-01-01T00:00:00.000" idx="1"><p:text>A remark.</p:text></p:cm></p:cmLst>`,
    'ppt/tags/tag1.xml': `${HEAD}<p:tagLst xmlns:p="${SLIDES}"><p:tag name="n" val="${CANARY}"/></p:tagLst>`,
  });
}
