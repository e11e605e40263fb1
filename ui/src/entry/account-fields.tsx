import { TextInput } from '@mantine/core'
import { useState } from 'react'
import type { FormState } from '../parts/form.tsx'
import { NewPassword } from '../parts/password-field.tsx'
import { entry } from '../texts/entry.ts'

export interface AccountFieldsProps {
  readonly form: FormState
  readonly email: 'needed' | 'optional' | 'none'
}

/** What a new account is made of. */
export function AccountFields({ form, email }: AccountFieldsProps) {
  const [names, setNames] = useState({ username: '', email: '' })
  return (
    <>
      <TextInput
        name="username"
        label={entry.username}
        description={entry.usernameHelp}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        withAsterisk={false}
        maxLength={254}
        error={form.errorOf('username')}
        onChange={(event) => setNames({ ...names, username: event.currentTarget.value })}
      />
      {email !== 'none' && (
        <TextInput
          name="email"
          type="email"
          label={email === 'needed' ? entry.email : entry.emailOptional}
          description={email === 'needed' ? entry.emailHelp : entry.emailOptionalHelp}
          autoComplete="email"
          required={email === 'needed'}
          withAsterisk={false}
          maxLength={254}
          error={form.errorOf('email')}
          onChange={(event) => setNames({ ...names, email: event.currentTarget.value })}
        />
      )}
      <NewPassword
        name="password"
        label={entry.password}
        names={Object.values(names)}
        error={form.errorOf('password')}
      />
    </>
  )
}

/** Without what was left empty, as the server takes an address or none. */
export function accountOf(values: Readonly<Record<string, string>>): {
  readonly username: string
  readonly password: string
  readonly email?: string
} {
  const { username = '', password = '', email = '' } = values
  return { username, password, ...(email === '' ? {} : { email }) }
}
