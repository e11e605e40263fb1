import { Button } from '@mantine/core'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { act } from '../api/acting.ts'
import { call } from '../api/session.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Section } from '../parts/page.tsx'
import { admin } from '../texts/admin.ts'
import { type ManagedUser, users } from './calls.ts'
import { useChanged } from './changed.ts'

const { user: texts } = admin

export function ActSection({ user }: { readonly user: ManagedUser }) {
  const [asked, setAsked] = useState(false)
  return (
    <Section title={texts.act} intro={texts.actIntro}>
      <div>
        <Button variant="default" disabled={user.status !== 'active'} onClick={() => setAsked(true)}>
          {texts.act}
        </Button>
      </div>
      <Confirm
        opened={asked}
        onClose={() => setAsked(false)}
        title={texts.actTitle(user.username)}
        verb={texts.actVerb}
        run={async () => act(await call(() => users.impersonate(user.id)))}
      >
        {texts.actIntro}
      </Confirm>
    </Section>
  )
}

export function RemoveSection({ user }: { readonly user: ManagedUser }) {
  const changed = useChanged()
  const [, go] = useLocation()
  const [asked, setAsked] = useState(false)
  return (
    <Section title={texts.remove} intro={texts.removeIntro}>
      <div>
        <Button variant="default" className="danger" onClick={() => setAsked(true)}>
          {texts.remove}
        </Button>
      </div>
      <Confirm
        opened={asked}
        onClose={() => setAsked(false)}
        title={texts.removeTitle(user.username)}
        verb={texts.removeVerb}
        word={user.username}
        run={async () => {
          await call(() => users.remove(user.id))
          go(user.kind === 'service' ? '/admin/services' : '/admin/users')
          await changed()
        }}
      >
        {texts.removeText}
      </Confirm>
    </Section>
  )
}
