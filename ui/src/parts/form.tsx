import { type FormEvent, useRef, useState } from 'react'
import { ClientError } from '../api/client.ts'
import { common } from '../texts/common.ts'

export type Values = Readonly<Record<string, string>>

export interface FormState {
  /** For the form element. */
  readonly props: { readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void; readonly noValidate: boolean }
  readonly busy: boolean
  /** What failed, unless all of it is said beside the fields. Give it to `<Problem>`. */
  readonly error: unknown
  /** What is wrong with the field of this name, for its `error`. */
  readonly errorOf: (name: string) => string | undefined
}

export interface FormWish {
  /** Checks that the server need not be asked for: by name what is wrong. */
  readonly check?: (values: Values) => Readonly<Record<string, string | undefined>>
}

/**
 * A form whose fields keep their own values: they are read by name when it is sent. What the server finds wrong with a
 * field appears beside the field, and the first wrong one gets the focus.
 */
export function useForm(submit: (values: Values) => Promise<unknown>, { check }: FormWish = {}): FormState {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [wrong, setWrong] = useState<Readonly<Record<string, string | undefined>>>({})
  const running = useRef(false)

  function point(form: HTMLFormElement, fields: Readonly<Record<string, string | undefined>>): boolean {
    setWrong(fields)
    const names = Object.keys(fields).filter((name) => fields[name] !== undefined)
    const first = fieldsOf(form).find(({ name }) => names.includes(name))
    first?.focus()
    return first !== undefined
  }

  async function run(form: HTMLFormElement): Promise<void> {
    const values = Object.fromEntries(
      [...new FormData(form)].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    )
    setError(null)
    const found = { ...missing(form), ...check?.(values) }
    if (Object.values(found).some((each) => each !== undefined)) {
      point(form, found)
      return
    }
    setWrong({})
    setBusy(true)
    try {
      await submit(values)
    } catch (failure) {
      const fields = failure instanceof ClientError ? failure.fields : []
      const known =
        fields.length > 0 &&
        point(form, Object.fromEntries(fields.map((f) => [f.field.split('.', 1)[0] ?? '', sentence(f.message)])))
      if (!known) setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return {
    props: {
      noValidate: true,
      onSubmit(event) {
        event.preventDefault()
        if (running.current) return
        running.current = true
        void run(event.currentTarget).finally(() => {
          running.current = false
        })
      },
    },
    busy,
    error,
    errorOf: (name) => wrong[name],
  }
}

function fieldsOf(form: HTMLFormElement): readonly (HTMLInputElement | HTMLTextAreaElement)[] {
  return [...form.elements].filter(
    (each): each is HTMLInputElement | HTMLTextAreaElement =>
      (each instanceof HTMLInputElement || each instanceof HTMLTextAreaElement) && each.name !== '',
  )
}

/**
 * What the browser itself finds wrong, in its words, which are in the language of the person. It looks at `minLength`
 * only after somebody has typed, so that is looked at here.
 */
function missing(form: HTMLFormElement): Record<string, string> {
  const found: Record<string, string> = {}
  for (const input of fieldsOf(form)) {
    if (input.value !== '' && input.value.length < input.minLength) found[input.name] = common.tooShort(input.minLength)
    else if (!input.validity.valid) found[input.name] = input.validationMessage
  }
  return found
}

/** `must not be empty` -> `Must not be empty.` */
function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
