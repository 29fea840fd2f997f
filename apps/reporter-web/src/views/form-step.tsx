/** One step of the form: a heading, a few questions, and the way on and back. */
import { useEffect, useRef } from 'preact/hooks';
import { answerAt, pathOf, QUESTIONS, ROWS, rowsOf, type Repeated, type Step, STEPS } from '../form.js';
import { stepBefore } from '../journey.js';
import { usePage } from './page.js';
import { ConsentQuestions } from './consent.js';
import { errorText, Field, idOf } from './fields.js';

export function FormStep({ step }: { readonly step: Step }) {
  const { journey, words, act } = usePage();
  const { say } = words;
  return (
    <>
      <p class="small">{say('form.step', { step: STEPS.indexOf(step) + 1, steps: STEPS.length })}</p>
      <h1 tabIndex={-1}>{say(`step.${step}`)}</h1>
      <ErrorSummary />
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          act.leaveStep(step);
        }}
      >
        {step === 'consent' ? <ConsentQuestions /> : <Questions step={step} />}
        {step === 'safety' && <Traces />}
        {step === 'acts' && <p class="note">{say('form.files')}</p>}
        <button class="primary" type="submit">
          {say('form.next')}
        </button>
        <p class="actions">
          <button type="button" onClick={() => act.dispatch({ type: 'go', screen: stepBefore(step) })}>
            {say('form.back')}
          </button>
          <button type="button" disabled={journey.isBusy} onClick={act.saveDraft}>
            {say('form.save')}
          </button>
        </p>
      </form>
    </>
  );
}

/** How to leave little behind, for whoever said that others may see this device. */
function Traces() {
  const { journey, words } = usePage();
  const isAtRisk = ['no', 'unsure'].includes(answerAt(journey.draft, 'safety.device_safe'));
  return <div aria-live="polite">{isAtRisk && <p class="note">{words.say('form.traces')}</p>}</div>;
}

/** Every error with a link to its question; it takes the focus, so that nobody misses it. */
function ErrorSummary() {
  const { journey, words } = usePage();
  const { errors } = journey;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (errors.length > 0) box.current?.focus();
  }, [errors]);
  if (errors.length === 0) return null;
  return (
    <div class="failure" role="alert" tabIndex={-1} ref={box}>
      <h2>{words.say('error.title')}</h2>
      <ul>
        {errors.map(({ path, code }) => (
          <li key={path}>
            <a
              href={`#${idOf(path)}`}
              onClick={(event) => {
                // The address of the page stays as neutral as it was.
                event.preventDefault();
                const field = document.getElementById(idOf(path));
                field?.focus();
                field?.scrollIntoView();
              }}
            >
              {errorText(words, path, code)}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Questions({ step }: { readonly step: Step }) {
  const { journey } = usePage();
  const { draft } = journey;
  if (step !== 'persons' && step !== 'acts') return <Row step={step} row={0} />;
  return (
    <>
      {Array.from({ length: rowsOf(draft, step) }, (_, row) => (
        <RepeatedRow key={row} step={step} row={row} />
      ))}
      <AddRow step={step} />
    </>
  );
}

function Row({ step, row }: { readonly step: Step; readonly row: number }) {
  return (
    <>
      {QUESTIONS[step].map((question) => {
        const path = pathOf(question.name, row);
        return <Field key={path} question={question} path={path} />;
      })}
    </>
  );
}

function RepeatedRow({ step, row }: { readonly step: Repeated; readonly row: number }) {
  const { journey, words, act } = usePage();
  const { say } = words;
  if (journey.draft.rows[step] === 1) return <Row step={step} row={row} />;
  const name = say(step === 'persons' ? 'form.person' : 'form.act', { n: row + 1 });
  return (
    <section class="row">
      <h2>{name}</h2>
      <Row step={step} row={row} />
      <button type="button" onClick={() => act.dispatch({ type: 'removeRow', section: step, at: row })}>
        {say('form.remove', { name })}
      </button>
    </section>
  );
}

function AddRow({ step }: { readonly step: Repeated }) {
  const { journey, words, act } = usePage();
  if (journey.draft.rows[step] >= ROWS[step]) return null;
  return (
    <p>
      <button type="button" onClick={() => act.dispatch({ type: 'addRow', section: step })}>
        {words.say(step === 'persons' ? 'form.addPerson' : 'form.addAct')}
      </button>
    </p>
  );
}
