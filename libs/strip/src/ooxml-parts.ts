/** Which parts, elements and attributes of Office Open XML say who wrote it: the tables of SPEC.md §5.3, §5.4. */
import type { Findings, Removed } from './codes.js';
import type { Tag, Verdict } from './xml.js';

/** By content type or name; the first that matches decides. */
const PARTS: readonly [RegExp, Removed][] = [
  [/(?:core|extended|custom)-properties\+xml$|^docprops\/(?!thumbnail)/, 'document_properties'],
  [/^docprops\/thumbnail/, 'thumbnail'],
  [/printersettings/, 'printer_settings'],
  [/[./](?:people|person|threadedcomments?|commentsextended|commentsids|commentsextensible)\+xml$/, 'author'],
  [/^xl\/persons\/|^xl\/threadedcomments\//, 'author'],
  [/revision(?:headers|log)\+xml$|\.usernames\+xml$|\.(?:changesinfo|revisioninfo)\+xml$/, 'revision'],
  [/^customxml\/|customxmlproperties\+xml$|presentationml\.tags\+xml$/, 'custom_data'],
  [/digital-signature|^_xmlsignatures\//, 'signature'],
  [/classificationlabels|^docmetadata\//, 'identifier'],
];

const RELATIONS: readonly [RegExp, Removed][] = [
  [/\/(?:core-properties|extended-properties|custom-properties|docPropsVTypes)$/, 'document_properties'],
  [/\/thumbnail$/, 'thumbnail'],
  [/\/attachedTemplate$/, 'name'],
  [/\/mailMerge\w*$|\/customXml\w*$/, 'custom_data'],
];

const ELEMENTS: Readonly<Record<string, Removed>> = {
  rsids: 'revision',
  revisionPtr: 'revision',
  docId: 'identifier',
  attachedTemplate: 'name',
  absPath: 'name',
  fileSharing: 'name',
  fileVersion: 'vendor_data',
  mailMerge: 'custom_data',
  docVars: 'custom_data',
};

/** What to do with a part, by its type and name; undefined to keep it. */
export function partGoes(type: string, name: string): Removed | undefined {
  const is = (pattern: RegExp): boolean =>
    pattern.test(type.toLowerCase()) || pattern.test(name.toLowerCase());
  return PARTS.find(([pattern]) => is(pattern))?.[1];
}

export function relationGoes(type: string): Removed | undefined {
  return RELATIONS.find(([pattern]) => pattern.test(type))?.[1];
}

/** Takes out of an element who wrote it and when; the text of comments and changes stays, with a warning. */
export function cleanTag(tag: Tag, part: string, found: Findings): Verdict {
  const goes = ELEMENTS[tag.local];
  if (goes !== undefined) {
    found.removed.add(goes);
    return 'drop';
  }
  if (tag.local === 'author' && part.startsWith('xl/comments')) {
    found.warnings.add('comments');
    return 'empty';
  }
  identifiers(tag, found);
  if (part.startsWith('ppt/')) slideComment(tag, found);
  else written(tag, found);
  return 'keep';
}

/** Marks that tie a paragraph to the session in which it was written. */
function identifiers(tag: Tag, found: Findings): void {
  without(tag, /:(?:rsid\w*)$/, 'revision', found);
  without(tag, /^(?:w14:(?:paraId|textId)|xr\d*:uid)$/, 'identifier', found);
}

function written(tag: Tag, found: Findings): void {
  const author = tag.attributes.find(({ name }) => name.endsWith(':author'));
  if (author === undefined) return;
  found.warnings.add(tag.local === 'comment' ? 'comments' : 'tracked_changes');
  if (author.value !== '') found.removed.add('author');
  author.value = '';
  without(tag, /:(?:initials|userId)$/, 'author', found);
  without(tag, /:(?:date|dateUtc)$/, 'time', found);
}

const NO_TIME = '1970-01-01T00:00:00.000';

function slideComment(tag: Tag, found: Findings): void {
  if (tag.local === 'cm' || tag.local === 'reply') {
    found.warnings.add('comments');
    without(tag, /^dt$/, 'time', found);
    setAll(tag, /^created$/, NO_TIME, 'time', found);
  }
  if (tag.local === 'cmAuthor' || tag.local === 'author')
    setAll(tag, /^(?:name|initials|userId|providerId)$/, '', 'author', found);
}

function without(tag: Tag, pattern: RegExp, code: Removed, found: Findings): void {
  const stays = tag.attributes.filter(({ name }) => !pattern.test(name));
  if (stays.length === tag.attributes.length) return;
  found.removed.add(code);
  tag.attributes = stays;
}

function setAll(tag: Tag, pattern: RegExp, value: string, code: Removed, found: Findings): void {
  for (const attribute of tag.attributes) {
    if (!pattern.test(attribute.name) || attribute.value === value) continue;
    found.removed.add(code);
    attribute.value = value;
  }
}
