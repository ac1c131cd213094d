// Our panel beside GraphiQL's own: signing in, and the documents that ship.

import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { EXAMPLES, PEOPLE, type Example, type Person } from './documents';
import { confirmCode, requestCode, setToken, startAgain, useSession } from './session';
import { firstVariables } from './variables';

const IN_VIETNAMESE: Record<Person, string> = {
  Anyone: 'Mọi người',
  'Signing in': 'Đăng nhập',
  Citizen: 'Người dân',
  Editor: 'Biên tập viên',
  Officer: 'Cán bộ',
};

function Vi({ children }: { children: string }) {
  return <span lang="vi" className="ds-vi">{children}</span>;
}

const STEPS = [['phone', 'Phone'], ['code', 'Code'], ['token', 'Token']] as const;

function Steps() {
  const { step } = useSession();
  return (
    <ol className="ds-steps" aria-label="Steps">
      {STEPS.map(([id, name]) => <li key={id} aria-current={id === step ? 'step' : undefined}>{name}</li>)}
    </ol>
  );
}

function SignIn() {
  const { step, phone, isBusy, trouble, endsAt } = useSession();
  const [number, setNumber] = useState(phone);
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const shown = useRef(step);

  useEffect(() => {
    if (shown.current !== step) field.current?.focus();
    shown.current = step;
  }, [step]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    void (step === 'phone' ? requestCode(number.trim()) : confirmCode(code.trim()));
  }

  if (step === 'token') {
    return (
      <div className="ds-sign-in">
        <p role="status">
          Signed in. <Vi>Đã đăng nhập.</Vi>
          {endsAt && <> The token ends at {endsAt.toLocaleTimeString('vi-VN', { hour: '2-digit', minute: '2-digit' })}.</>}
        </p>
        <button type="button" onClick={startAgain}>Forget the token <Vi>Quên mã</Vi></button>
      </div>
    );
  }
  return (
    <form className="ds-sign-in" onSubmit={submit}>
      {step === 'phone' ? (
        <label>
          Phone number <Vi>Số điện thoại</Vi>
          <input ref={field} type="tel" autoComplete="tel" required value={number} onChange={(event) => setNumber(event.target.value)} />
        </label>
      ) : (
        <label>
          Code sent to {phone} <Vi>Mã sáu số</Vi>
          <input ref={field} type="text" inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.target.value)} />
        </label>
      )}
      {step === 'code' && <p className="ds-note">The demo prints the code where the server runs.</p>}
      {trouble && <p role="alert" className="ds-trouble">{trouble}</p>}
      <div className="ds-row">
        <button type="submit" aria-disabled={isBusy}>
          {step === 'phone' ? <>Send a code <Vi>Gửi mã</Vi></> : <>Sign in <Vi>Đăng nhập</Vi></>}
        </button>
        {step === 'code' && <button type="button" onClick={startAgain}>Other number <Vi>Số khác</Vi></button>}
      </div>
    </form>
  );
}

function TokenField() {
  const { token } = useSession();
  return (
    <label className="ds-token">
      Access token <Vi>Mã truy cập</Vi>
      <input
        type="text" spellCheck={false} autoComplete="off" autoCapitalize="none" placeholder="none: asking as anyone"
        value={token} onChange={(event) => setToken(event.target.value)} aria-describedby="ds-token-note"
      />
      <span id="ds-token-note" className="ds-note">Sent as <code>Authorization: Bearer …</code>; kept in memory only.</span>
    </label>
  );
}

function Documents() {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor, responseEditor, operationName, schema } = useGraphiQL((state) => ({
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    responseEditor: state.responseEditor,
    operationName: state.operationName,
    schema: state.schema,
  }));

  function load({ name, text }: Example) {
    const current = queryEditor?.getValue() ?? '';
    // What somebody wrote stays in its tab; a document as it shipped makes room for the next one.
    const isOwn = current.trim() !== '' && !EXAMPLES.some((example) => example.text.trim() === current.trim());
    if (isOwn) addTab();
    queryEditor?.setValue(text);
    variableEditor?.setValue(firstVariables(name, text, schema));
    responseEditor?.setValue('');
    queryEditor?.focus();
    // On a phone the editor is below the panel.
    queryEditor?.getDomNode()?.scrollIntoView({ block: 'nearest' });
  }

  return PEOPLE.map((person) => (
    <details key={person} open={person === 'Anyone'}>
      <summary>{person} <Vi>{IN_VIETNAMESE[person]}</Vi></summary>
      <ul>
        {EXAMPLES.filter((example) => example.person === person).map((example) => (
          <li key={example.name}>
            <button type="button" aria-current={example.name === operationName} onClick={() => load(example)}>
              <strong>{example.name}</strong>
              <span>{example.about}</span>
            </button>
          </li>
        ))}
      </ul>
    </details>
  ));
}

function Panel() {
  return (
    <div className="ds-panel">
      <h2>Đèn Sách API</h2>
      <section aria-labelledby="ds-sign-in-title">
        <h3 id="ds-sign-in-title">Sign in <Vi>Đăng nhập</Vi></h3>
        <Steps />
        <SignIn />
        <TokenField />
      </section>
      <section aria-labelledby="ds-documents-title">
        <h3 id="ds-documents-title">Documents <Vi>Câu hỏi mẫu</Vi></h3>
        <p className="ds-note">Choose one to load it into the editor. Choosing a mutation again gives it a fresh <code>clientMutationId</code>.</p>
        <Documents />
      </section>
      <p><a href="/">Back to the library <Vi>Về thư viện</Vi></a></p>
    </div>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 64 64" fill="none" stroke="currentColor" strokeWidth="4.5" strokeLinejoin="round" strokeLinecap="round" aria-hidden="true">
      <path d="M32 6c6 7 9 11 9 16a9 9 0 0 1-18 0c0-5 3-9 9-16z" fill="currentColor" stroke="none" />
      <path d="M32 57c-7-5-16-6.5-27-6V34c11-.5 20 1 27 6 7-5 16-6.5 27-6v17c-11-.5-20 1-27 6zM32 40v17" />
    </svg>
  );
}

export const DENSACH_PLUGIN: GraphiQLPlugin = { title: 'Đèn Sách: sign in and documents', icon: Icon, content: Panel };
