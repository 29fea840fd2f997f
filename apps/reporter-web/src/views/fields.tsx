/** One question each: its label is its name, the reason stands under it, an error stands before it. */
import type { ComponentChildren, TargetedInputEvent } from 'preact';
import { COUNTRIES } from '../countries.js';
import { answerAt, precisionOf, type Question } from '../form.js';
import type { MessageKey, Words } from '../i18n/index.js';
import { usePage } from './page.js';

type Texts = Readonly<Record<string, string>>;

export function questionText({ labels }: Words, name: string): string {
  return (labels.questions as Texts)[name] ?? name;
}

export function codeText({ labels }: Words, list: string, code: string): string {
  return codesOf(labels.codes, list)[code] ?? code;
}

function codesOf(codes: Words['labels']['codes'], list: string): Texts {
  return (codes as Readonly<Record<string, Texts>>)[list] ?? {};
}

/** The id of the element an error of this path leads to. */
export function idOf(path: string): string {
  return path.replace(/[^\w]/g, '-');
}

const ERRORS = {
  giver: 'error.giver',
  giver_why: 'error.giver.why',
  giver_barred: 'error.giver.barred',
  understands: 'error.understands',
  third_party: 'error.giver.barred',
  missing: 'error.missing',
  too_long: 'error.long',
  report_too_large: 'error.long',
  date_order: 'error.order',
  date: 'error.date',
} as const;

/** The sentence for one error. */
export function errorText(words: Words, path: string, code: string): string {
  const person = /^consent\[(\d+)\]\.(.*)$/.exec(path);
  const name = path.replace(/\[\d+\]/, '').replace(/\.(value|precision)$/, '');
  const isScope = person !== null && (person[2] ?? '').startsWith('K');
  const label = isScope ? words.say(person[2] as MessageKey) : questionText(words, name);
  const key = Object.hasOwn(ERRORS, code) ? ERRORS[code as keyof typeof ERRORS] : 'error.other';
  return words.say(key, { label, n: Number(person?.[1] ?? 0) + 1 });
}

type FieldProps = { readonly question: Question; readonly path: string };

export function Field({ question, path }: FieldProps) {
  const { words } = usePage();
  const { name, isRequired } = question;
  const help = (words.labels.help as Texts)[name];
  const hints = [
    ...(isRequired ? [] : [words.say('form.optional')]),
    ...(help === undefined ? [] : [`${words.say('form.why')}: ${help}`]),
  ];
  const hint = hints.length > 0 && (
    <span class="hint" id={`${idOf(path)}-hint`}>
      {hints.join('. ')}
    </span>
  );
  return <Control question={question} path={path} label={questionText(words, name)} hint={hint} />;
}

type ControlProps = FieldProps & { readonly label: string; readonly hint: ComponentChildren };

function Control(props: ControlProps) {
  switch (props.question.kind) {
    case 'one':
    case 'many':
      return <Choices {...props} />;
    case 'date':
      return <DateField {...props} />;
    default:
      return <Single {...props} />;
  }
}

function useField(path: string) {
  const { journey, act, words } = usePage();
  const error = journey.errors.find((one) => one.path === path || one.path.startsWith(`${path}.`));
  return {
    words,
    value: answerAt(journey.draft, path),
    draft: journey.draft,
    error: error && errorText(words, error.path, error.code),
    set: (value: string, at = path) => act.dispatch({ type: 'answer', path: at, value }),
  };
}

/** What a screen reader says with the control. */
function described(path: string, error: string | undefined, hint: ComponentChildren) {
  const ids = [error && `${idOf(path)}-error`, hint && `${idOf(path)}-hint`].filter(Boolean).join(' ');
  return { ...(ids !== '' && { 'aria-describedby': ids }), ...(error && { 'aria-invalid': true as const }) };
}

export function ErrorLine({ path, error }: { readonly path: string; readonly error: string | undefined }) {
  return error === undefined ? null : (
    <span class="error" id={`${idOf(path)}-error`}>
      {error}
    </span>
  );
}

/** A label, and one control. */
function Single({ question, path, label, hint }: ControlProps) {
  const { words, value, error, set } = useField(path);
  const common = {
    id: idOf(path),
    value,
    ...described(path, error, hint),
    ...(question.isRequired && { 'aria-required': true as const }),
    onInput: (event: TargetedInputEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) =>
      set(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={idOf(path)}>{label}</label>
      {hint}
      <ErrorLine path={path} error={error} />
      {question.kind === 'long' && <textarea rows={6} dir="auto" {...common} />}
      {question.kind === 'text' && <input type="text" autocomplete="off" dir="auto" {...common} />}
      {question.kind !== 'long' && question.kind !== 'text' && (
        <select {...common}>
          <option value="">{words.say(question.isRequired ? 'form.choose' : 'form.none')}</option>
          {optionsOf(words, question).map(([code, text]) => (
            <option key={code} value={code}>
              {text}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

function optionsOf(words: Words, { kind, list }: Question): readonly (readonly [string, string])[] {
  if (kind !== 'country' && kind !== 'place') return Object.entries(codesOf(words.labels.codes, list ?? ''));
  const { ONLINE, ...others } = words.labels.codes.PLACE;
  const before: [string, string][] = kind === 'place' ? [['ONLINE', ONLINE]] : [];
  return [...before, ...words.countries(COUNTRIES), ...Object.entries(others)];
}

/** Codes that say there is nothing to name stand alone. */
const ALONE = ['NONE', 'UNK', 'PNS'];

function Choices({ question, path, label, hint }: ControlProps) {
  const { words, value, error, set } = useField(path);
  const isMany = question.kind === 'many';
  const chosen = value.split(' ').filter((code) => code !== '');
  const choose = (code: string, isOn: boolean): void => {
    if (!isMany) {
      set(code);
      return;
    }
    const others = chosen.filter((one) => one !== code && !ALONE.includes(one) && !ALONE.includes(code));
    set([...others, ...(isOn ? [code] : [])].join(' '));
  };
  const codes = Object.entries(codesOf(words.labels.codes, question.list ?? ''));
  return (
    <fieldset id={idOf(path)} tabIndex={-1} {...described(path, error, hint)}>
      <legend>{label}</legend>
      {hint}
      <ErrorLine path={path} error={error} />
      {codes.map(([code, text]) => (
        <label class="choice" key={code}>
          <input
            type={isMany ? 'checkbox' : 'radio'}
            name={idOf(path)}
            checked={chosen.includes(code)}
            onChange={(event) => choose(code, event.currentTarget.checked)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

function DateField({ path, label, hint }: ControlProps) {
  const { words, draft, error, set } = useField(path);
  const { say } = words;
  const value = `${path}.value`;
  return (
    <fieldset>
      <legend>{label}</legend>
      {hint}
      <ErrorLine path={path} error={error} />
      <div class="pair">
        <div class="field">
          <label for={idOf(path)}>{say('form.date.hint')}</label>
          <input
            id={idOf(path)}
            type="text"
            dir="ltr"
            inputMode="numeric"
            autocomplete="off"
            maxLength={10}
            value={answerAt(draft, value)}
            {...described(path, error, hint)}
            onInput={(event) => set(westernDigits(event.currentTarget.value), value)}
          />
        </div>
        <div class="field">
          <label for={`${idOf(path)}-precision`}>{say('form.precision')}</label>
          <select
            id={`${idOf(path)}-precision`}
            value={precisionOf(draft, path)}
            onInput={(event) => set(event.currentTarget.value, `${path}.precision`)}
          >
            <option value="">{say('form.none')}</option>
            {Object.entries(words.labels.codes.DP).map(([code, text]) => (
              <option key={code} value={code}>
                {text}
              </option>
            ))}
          </select>
        </div>
      </div>
    </fieldset>
  );
}

/** Many keyboards write Arabic or Persian digits. */
function westernDigits(text: string): string {
  return text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) % 16));
}
