/**
 * Who may do what: for every route, whom the thing asked for belongs to, and who asks.
 *
 * `ok` is an answer with a 2xx status, `-` is `unauthorized`, `x` is `not_found`; anything else is the code of the
 * problem that a request of this test meets once it was let in (its body is no real act, part or KEYSET). A thing of
 * somebody else and one that is not there must look the same; the suite holds their answers against each other.
 */
const MARKS: Readonly<Record<string, string>> = { '-': 'unauthorized', x: 'not_found' };

export const PUBLIC_ACCESS = table(`
route          thing     nobody           her                another            stranger
openApi        -         ok               ok                 ok                 ok
info           -         ok               ok                 ok                 ok
keyset         -         ok               ok                 ok                 ok
keysetByHash   ours      ok               ok                 ok                 ok
keysetByHash   missing   x                x                  x                  x
keysetProof    -         ok               ok                 ok                 ok
policy         ours      ok               ok                 ok                 ok
policy         missing   x                x                  x                  x
published      missing   x                x                  x                  x
checkpoint     -         ok               ok                 ok                 ok
nonces         -         ok               ok                 ok                 ok
reserveBlob    hers      -                ok                 id_taken           id_taken
blobStatus     hers      -                ok                 x                  x
blobStatus     missing   -                x                  x                  x
putPart        hers      -                wrong_size_class   x                  x
putPart        missing   -                x                  x                  x
getPart        hers      -                ok                 x                  x
getPart        missing   -                x                  x                  x
submit         -         -                invalid_request    invalid_request    invalid_request
mailbox        own       -                ok                 ok                 x
mailboxObject  hers      -                ok                 x                  x
mailboxObject  missing   -                x                  x                  x
mailboxAct     own       -                malformed_bytes    malformed_bytes    x
mailboxProof   own       -                ok                 ok                 x
mailboxProof   missing   -                x                  x                  x
`);

/**
 * `fresh` is a case of the focal points' office; `escalated` one of theirs that went to the senior official; `excluded`
 * one of theirs whose reporter excluded the senior official. `ended` had a session, `revoked` still has one.
 */
export const STAFF_ACCESS = table(`
route          thing      nobody ended revoked focal           other-focal official    alternate ethics mechanism oversight custodian administrator
openApi        -          ok     ok    ok      ok              ok          ok          ok        ok     ok        ok        ok        ok
info           -          ok     ok    ok      ok              ok          ok          ok        ok     ok        ok        ok        ok
keyset         -          ok     ok    ok      ok              ok          ok          ok        ok     ok        ok        ok        ok
keysetByHash   ours       ok     ok    ok      ok              ok          ok          ok        ok     ok        ok        ok        ok
keysetByHash   missing    x      x     x       x               x           x           x         x      x         x         x         x
keysetProof    -          ok     ok    ok      ok              ok          ok          ok        ok     ok        ok        ok        ok
policy         ours       ok     ok    ok      ok              ok          ok          ok        ok     ok        ok        ok        ok
policy         missing    x      x     x       x               x           x           x         x      x         x         x         x
published      missing    x      x     x       x               x           x           x         x      x         x         x         x
checkpoint     -          ok     ok    ok      ok              ok          ok          ok        ok     ok        ok        ok        ok
vault          missing    -      -     -       -               -           -           -         -      -         -         -         -
changeVault    own        -      -     -       malformed_bytes malformed_bytes malformed_bytes malformed_bytes malformed_bytes malformed_bytes malformed_bytes malformed_bytes malformed_bytes
openSession    missing    -      -     -       -               -           -           -         -      -         -         -         -
closeSession   own        -      -     -       ok              ok          ok          ok        ok     ok        ok        ok        ok
sessions       own        -      -     -       ok              ok          ok          ok        ok     ok        ok        ok        ok
endSession     own        -      -     -       ok              ok          ok          ok        ok     ok        ok        ok        ok
endSession     others     -      -     -       x               x           x           x         x      x         x         x         x
endSession     missing    -      -     -       x               x           x           x         x      x         x         x         x
epochBoxes     own        -      -     -       ok              ok          ok          ok        ok     ok        ok        ok        ok
publishKeyset  -          -      -     -       keyset_refused  x           keyset_refused keyset_refused x x   keyset_refused x      x
cases          own        -      -     -       ok              ok          ok          ok        ok     ok        ok        ok        ok
caseFile       fresh      -      -     -       ok              x           x           x         x      x         x         x         x
caseFile       escalated  -      -     -       ok              x           ok          x         x      x         x         x         x
caseFile       excluded   -      -     -       ok              x           x           x         x      x         x         x         x
caseFile       missing    -      -     -       x               x           x           x         x      x         x         x         x
casePart       fresh      -      -     -       ok              x           x           x         x      x         x         x         x
casePart       missing    -      -     -       x               x           x           x         x      x         x         x         x
caseAct        fresh      -      -     -       case_moved      x           x           x         x      x         x         x         x
caseAct        escalated  -      -     -       case_moved      x           case_moved  x         x      x         x         x         x
caseAct        missing    -      -     -       x               x           x           x         x      x         x         x         x
referrals      own        -      -     -       x               x           x           x         x      ok        x         x         x
referralFile   fresh      -      -     -       x               x           x           x         x      x         x         x         x
referralFile   missing    -      -     -       x               x           x           x         x      x         x         x         x
retention      -          -      -     -       x               x           x           x         x      x         x         ok        x
retentionCase  fresh      -      -     -       x               x           x           x         x      x         x         ok        x
retentionCase  missing    -      -     -       x               x           x           x         x      x         x         x         x
events         own        -      -     -       ok              ok          ok          ok        ok     ok        ok        ok        ok
openings       -          -      -     -       x               x           x           x         x      x         ok        x         x
checkpoints    -          -      -     -       x               x           x           x         x      x         ok        x         x
responseTimes  -          -      -     -       x               x           x           x         x      x         ok        x         x
delays         -          -      -     -       x               x           x           x         x      x         ok        x         x
alarms         -          -      -     -       x               x           x           x         x      x         ok        x         x
deadLetters    -          -      -     -       x               x           x           x         x      x         x         x         ok
redriveDeadLetter missing -      -     -       x               x           x           x         x      x         x         x         x
discardDeadLetter missing -      -     -       x               x           x           x         x      x         x         x         x
`);

export type AccessRow = {
  readonly route: string;
  readonly thing: string;
  /** What each of those who ask is answered. */
  readonly answers: Readonly<Record<string, string>>;
};

function table(text: string): readonly AccessRow[] {
  const [head = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  return rows.map(([route = '', thing = '', ...cells]) => {
    if (cells.length !== head.length - 2) throw new Error(`${route} ${thing}: a cell too many or too few`);
    const answers = cells.map((cell, i) => [head[i + 2] ?? '', MARKS[cell] ?? cell]);
    return { route, thing, answers: Object.fromEntries(answers) as Record<string, string> };
  });
}
