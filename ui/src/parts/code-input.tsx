import { Input, PinInput } from '@mantine/core'
import { useId } from 'react'

export interface CodeInputProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | undefined
  /** The six are there. */
  readonly onComplete?: (value: string) => void
  readonly boxLabel: (position: number) => string
}

/** Six boxes for the digits of a code. A paste fills them all, and so does a phone that has read the code. */
export function CodeInput({ label, value, onChange, error, onComplete, boxLabel }: CodeInputProps) {
  const id = useId()
  return (
    <Input.Wrapper label={label} labelElement="div" labelProps={{ id }} error={error}>
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
        value={value}
        onChange={onChange}
        error={error !== undefined}
        autoFocus
        getInputProps={(index) => ({ 'aria-label': boxLabel(index + 1), className: 'code-box' })}
        {...(onComplete === undefined ? {} : { onComplete })}
      />
    </Input.Wrapper>
  )
}
