export type { ApiName, CredentialKind, Factor, RoleName, Scope } from '../types.ts'
export { createGuard, type RemoteGuard } from './create-guard.ts'
export type { GuardOptions } from './options.ts'
export { type Projection, project } from './project.ts'
export { type Problem, problemOf, refusalResponse } from './refusal.ts'
export { accepts, combine, requires } from './rules.ts'
export {
  type Guard,
  type GuardClock,
  type GuardedRequest,
  type GuardKind,
  type GuardLog,
  type GuardPrincipal as Principal,
  type GuardRefusal,
  type GuardRefusalCode,
  type GuardUser,
  type GuardVerdict,
  guardKinds,
  type Rule,
} from './types.ts'
