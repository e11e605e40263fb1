import { start } from './0001-start.ts'
import { limits } from './0002-limits.ts'
import { suspension } from './0003-suspension.ts'
import { keyDetail } from './0004-key-detail.ts'
import { idleSessions } from './0005-idle-sessions.ts'
import { photos } from './0006-photos.ts'
import { actorSessions } from './0010-actor-sessions.ts'
import { documents } from './0011-documents.ts'
import { administration } from './0020-administration.ts'
import type { Migration } from './types.ts'

/** In order. New ones go to the end; none is ever changed or removed. */
export const migrations: readonly Migration[] = [
  start,
  limits,
  suspension,
  keyDetail,
  idleSessions,
  photos,
  actorSessions,
  documents,
  administration,
]
