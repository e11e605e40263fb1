import type { RoleName } from '../types.ts'

/** What one role is called at the doors whose clients have names of their own for it. Scopes decide; this is the wording. */
export interface Face {
  readonly freesewing: { readonly role: string; readonly level: number }
  readonly apostrophe: string
  readonly librephotos: { readonly isStaff: boolean; readonly isSuperuser: boolean }
}

const face = (
  role: string,
  level: number,
  apostrophe: string,
  isStaff = false,
  isSuperuser = false,
): Readonly<Face> => ({ freesewing: { role, level }, apostrophe, librephotos: { isStaff, isSuperuser } })

/** One user, the same at every door: role of the core, then what FreeSewing, Apostrophe and LibrePhotos clients see. */
const faces: Readonly<Record<RoleName, Face>> = {
  guest: face('user', 0, 'guest'),
  user: face('user', 4, 'guest'),
  tester: face('tester', 4, 'guest'),
  contributor: face('user', 4, 'contributor'),
  editor: face('curator', 5, 'editor'),
  curator: face('curator', 5, 'editor'),
  bughunter: face('bughunter', 6, 'guest'),
  support: face('support', 8, 'contributor', true),
  admin: face('admin', 9, 'admin', true, true),
}

/** A role that the operator added has the face of an ordinary user; its scopes are what it may do. */
export function faceOf(role: RoleName): Face {
  return (Object.hasOwn(faces, role) ? faces[role] : undefined) ?? face('user', 4, 'guest')
}
