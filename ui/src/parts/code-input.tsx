import { Input, PinInput } from '@mantine/core'
import { useEffect, useId, useRef } from 'react'

export interface CodeInputProps {
  /** Of the field as the form sees it. */
  readonly name: string
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | undefined
  readonly boxLabel: (position: number) => string
  /** The form sends itself when the sixth digit is there. */
  readonly sends?: boolean
}

/** Six boxes for the digits of a code. A paste fills them all, and so does a phone that has read the code. */
export function CodeInput({ name, label, value, onChange, error, boxLabel, sends = false }: CodeInputProps) {
  const id = useId()
  const hidden = useRef<HTMLInputElement>(null)
  // Typed, pasted or filled in by the phone: once the six have reached the form.
  useEffect(() => {
    if (sends && value.length === 6) hidden.current?.form?.requestSubmit()
  }, [sends, value])
  return (
    <Input.Wrapper label={label} labelElement="div" labelProps={{ id, htmlFor: undefined }} error={error}>
      <PinInput
        role="group"
        aria-labelledby={id}
        length={6}
        type="number"
        inputMode="numeric"
        oneTimeCode
        size="lg"
        placeholder=""
        gap="xs"
        name={name}
        hiddenInputProps={{ ref: hidden }}
        value={value}
        onChange={onChange}
        error={error !== undefined}
        autoFocus
        getInputProps={(index) => ({ 'aria-label': boxLabel(index + 1) })}
      />
    </Input.Wrapper>
  )
}
